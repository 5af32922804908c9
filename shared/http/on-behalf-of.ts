/**
 * The header in which the console gives the e-mail address of the person for whom it sends a request. The producer
 * accepts it from the console's account alone.
 */
export const ON_BEHALF_OF = "Handoff-On-Behalf-Of";
