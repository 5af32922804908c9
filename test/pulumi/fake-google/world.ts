import type { Project, Resource } from "./call.ts";
import { alreadyExists, notFound } from "./refusal.ts";
import { Operations } from "./operations.ts";
import { Policies } from "./policies.ts";

/** Bytes, as Google writes them. */
export const ETAG = "MDEwMjE5MjA=";

/** What exists at the fake: resources of all APIs by their keys, which are the API's name and the resource's. */
export class World {
  readonly project: Project;
  readonly enabledApis = new Set(["serviceusage.googleapis.com", "cloudresourcemanager.googleapis.com"]);
  readonly operations = new Operations();
  readonly policies = new Policies((email) => this.find(`iam/projects/${this.project.id}/serviceAccounts/${email}`));
  private readonly resources = new Map<string, Resource>();
  private lastId = 1_000_000;

  constructor(project: Project) {
    this.project = project;
  }

  find(key: string): Resource | undefined {
    return this.resources.get(key);
  }

  /** @throws Refusal if there is none. */
  get(key: string): Resource {
    const found = this.resources.get(key);
    if (!found) throw notFound(key);
    return found;
  }

  /** @throws Refusal if there is one already. */
  create(key: string, made: Resource): Resource {
    if (this.resources.has(key)) throw alreadyExists(key);
    this.resources.set(key, made);
    return made;
  }

  put(key: string, changed: Resource): Resource {
    this.resources.set(key, changed);
    return changed;
  }

  /** Deletes a resource, all below it and their policies. */
  delete(key: string): void {
    this.get(key);
    for (const other of this.resources.keys())
      if (other === key || other.startsWith(`${key}/`)) this.resources.delete(other);
    this.policies.forget(key);
  }

  /** Those directly in a collection. */
  list(collection: string): readonly Resource[] {
    const prefix = `${collection}/`;
    return [...this.resources].flatMap(([key, it]) =>
      key.startsWith(prefix) && !key.slice(prefix.length).includes("/") ? [it] : [],
    );
  }

  get keys(): readonly string[] {
    return [...this.resources.keys()];
  }

  /** A service account of the project. */
  addAccount(accountId: string, given: Resource = {}): Resource {
    const email = `${accountId}@${this.project.id}.iam.gserviceaccount.com`;
    const name = `projects/${this.project.id}/serviceAccounts/${email}`;
    const known = {
      name,
      email,
      projectId: this.project.id,
      uniqueId: this.nextId(),
      oauth2ClientId: this.nextId(),
      etag: ETAG,
    };
    return this.create(`iam/${name}`, { ...given, ...known });
  }

  /** An id that nothing else has. */
  nextId(): string {
    this.lastId += 1;
    return String(this.lastId);
  }
}
