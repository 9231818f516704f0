import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';

/**
 * Whose address a request comes from. A client may write into `X-Forwarded-For` what it likes; each proxy appends whom it
 * has it from, so that only as many entries from the end can be believed as there are proxies of one's own.
 *
 * @param proxies how many there are in front; 0 for none
 * @returns an IPv4 address, or the /64 of an IPv6 one, all of which one customer has; `unknown` for neither
 */
export function addressOf(request: Pick<IncomingMessage, 'headers' | 'socket'>, proxies: number): string {
  const peer = request.socket.remoteAddress ?? '';
  if (proxies === 0) return grouped(peer);
  const header = request.headers['x-forwarded-for'];
  const entries = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').map((entry) => entry.trim());
  const told = entries.at(-proxies);
  return told !== undefined && ipaddr.isValid(told) ? grouped(told) : grouped(peer);
}

function grouped(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/64`).toString()}/64`;
}
