/** An admin key manages tunnels, a runtime key runs one, and neither is ever used for the other's work. */
export const isAdminKey = (key: string): boolean => /^sk-admin-/.test(key.trim());

/** Begins as the service's keys do, and not as an admin key: what begins in a way of its own is left to the control plane to judge. */
export const isRuntimeKey = (key: string): boolean => /^sk-(?!admin-)/.test(key.trim());
