/**
 * The header in which the console names the person for whom it sends a request, by an e-mail address. The producer takes it
 * from the console's account alone.
 */
export const ON_BEHALF_OF = "Handoff-On-Behalf-Of";
