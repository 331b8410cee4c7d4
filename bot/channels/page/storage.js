/** Small things kept in this browser: the draft, the outgoing queue, the last words. */

// Private windows and full disks refuse; what they refused lives as long as the page.
const refused = new Map();
const prefix = "kawan.";

export function recall(name, otherwise) {
  if (refused.has(name)) return refused.get(name);
  try {
    return JSON.parse(localStorage.getItem(prefix + name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(prefix + name, JSON.stringify(value));
    refused.delete(name);
  } catch {
    refused.set(name, value);
  }
}
