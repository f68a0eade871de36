export const tunnelIdPattern = /^tunnel_[a-z0-9]{32}$/;
/** Canonical channel name: trimmed, lower case. `harpoon` is reserved. */
export const channelNamePattern = /^[a-z0-9_-]{1,64}$/;
