import { connect, type Socket } from 'node:net';

/*
 * A WebSocket client that only counts: what receives must not be what is measured. RFC 6455; frames of a server are
 * neither masked nor, here, fragmented.
 */

/** A text or pong frame as a client sends it, under the mask of zeros. */
const clientFrame = (opcode: number, payload: Buffer): Buffer => {
  const short = payload.length < 126;
  const head = Buffer.alloc(short ? 6 : 8);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (short ? payload.length : 126);
  if (!short) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
};
export const textFrame = (text: string): Buffer => clientFrame(0x1, Buffer.from(text));

export interface CountingSocket {
  readonly socket: Socket;
  send(text: string): void;
  close(): void;
}

/**
 * Opens a WebSocket.
 *
 * @param onText for each text message, with its bytes; they are only good during the call
 * @returns once the server has switched protocols
 */
export function openCounting(url: URL, protocol: string, onText: (payload: Buffer) => void): Promise<CountingSocket> {
  const socket = connect(Number(url.port), url.hostname);
  socket.setNoDelay(true);
  socket.write(
    `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
  );
  const { promise, resolve, reject } = Promise.withResolvers<CountingSocket>();
  let rest: Buffer = Buffer.alloc(0);
  let switched = false;
  socket.on('data', (chunk: Buffer) => {
    let bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (!switched) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) {
        rest = bytes;
        return;
      }
      if (!bytes.subarray(0, 12).toString('latin1').includes(' 101')) {
        reject(new Error(bytes.subarray(0, end).toString('latin1')));
        return;
      }
      switched = true;
      bytes = bytes.subarray(end + 4);
      resolve({ socket, send: (text) => void socket.write(textFrame(text)), close: () => socket.destroy() });
    }
    let at = 0;
    for (;;) {
      if (bytes.length - at < 2) break;
      const short = (bytes[at + 1] as number) & 0x7f;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (bytes.length - at < head) break;
      const length =
        short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
      if (bytes.length - at < head + length) break;
      const payload = bytes.subarray(at + head, at + head + length);
      const opcode = (bytes[at] as number) & 0x0f;
      if (opcode === 0x9) socket.write(clientFrame(0xa, payload));
      else if (opcode === 0x1) onText(payload);
      at += head + length;
    }
    rest = bytes.subarray(at);
  });
  socket.on('error', reject);
  socket.on('close', () => reject(new Error('closed before it was open')));
  return promise;
}
