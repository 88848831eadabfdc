// The way to a page's kernel: one websocket, over which widgets' comms go and nothing else.

import { uuid } from "@jupyter-widgets/base";

const ENDED = 4410; // the server closes with it when the kernel has died,
const CULLED = 4408; // and with this when it was ended because nobody asked anything of it for long
const PROTOCOL = "v1.kernel.websocket.jupyter.org";
const PARTS = ["header", "parent_header", "metadata", "content"];
const RETRY_MS = [0, 100, 300, 1000, 2000];
const text = new TextDecoder();
const bytes = new TextEncoder();

// A frame is: how many offsets follow, the offsets, then channel, header, parent, metadata, content and buffers.
function decoded(frame) {
  const view = new DataView(frame);
  const count = Number(view.getBigUint64(0, true));
  const offsets = Array.from({ length: count }, (_, i) => Number(view.getBigUint64(8 * (i + 1), true)));
  const part = (i) => new Uint8Array(frame, offsets[i], offsets[i + 1] - offsets[i]);
  const message = Object.fromEntries(PARTS.map((name, i) => [name, JSON.parse(text.decode(part(i + 1)))]));
  message.channel = text.decode(part(0));
  message.buffers = offsets.slice(PARTS.length + 1, -1).map((at, i) => new DataView(frame, at, offsets[i + PARTS.length + 2] - at));
  return message;
}

function encoded(message) {
  const buffers = (message.buffers ?? []).map((one) =>
    one instanceof ArrayBuffer ? new Uint8Array(one) : new Uint8Array(one.buffer, one.byteOffset, one.byteLength),
  );
  const parts = [bytes.encode("shell"), ...PARTS.map((name) => bytes.encode(JSON.stringify(message[name]))), ...buffers];
  const count = parts.length + 1;
  const frame = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 8 * (count + 1)));
  const view = new DataView(frame.buffer);
  view.setBigUint64(0, BigInt(count), true);
  let at = 8 * (count + 1);
  parts.forEach((part, i) => {
    view.setBigUint64(8 * (i + 1), BigInt(at), true);
    frame.set(part, at);
    at += part.length;
  });
  view.setBigUint64(8 * count, BigInt(at), true);
  return frame;
}

// What @jupyter-widgets/base calls a comm.
class Comm {
  constructor(kernel, target, id) {
    Object.assign(this, { kernel, target_name: target, comm_id: id, early: [], taken: Promise.resolve() });
  }
  open(data, callbacks, metadata, buffers) {
    return this.#say("comm_open", { target_name: this.target_name, data }, callbacks, metadata, buffers);
  }
  send(data, callbacks, metadata, buffers) {
    return this.#say("comm_msg", { data }, callbacks, metadata, buffers);
  }
  close(data, callbacks, metadata, buffers) {
    this.kernel.comms.delete(this.comm_id);
    return this.#say("comm_close", { data }, callbacks, metadata, buffers);
  }
  on_msg(take) {
    // A model asks while it is being made, and is ready to hear when it is.
    queueMicrotask(() => {
      this.take = take;
      this.early.splice(0).forEach((message) => this.hear(message));
    });
  }
  // What comes before the model is made waits for it.
  hear(message) {
    if (this.take) this.taken = Promise.all([this.taken, this.take(message)]);
    else this.early.push(message);
  }
  on_close(end) {
    this.end = end;
  }
  #say(kind, content, callbacks, metadata, buffers) {
    return this.kernel.say(kind, { comm_id: this.comm_id, ...content }, callbacks, metadata, buffers);
  }
}

export class Kernel {
  // `url` of its channels; `onOpen(comm, message)` when it opens one; `onGone(isIdle)` when it has ended, because nobody
  // asked anything of it or for another reason; `onAway(isAway)` when the server cannot be reached, and can again;
  // `onAgain()` when a connection that broke stands again: what was under way may be lost; `onAnswered()` when it has
  // done what it was told.
  constructor(url, session, { onOpen, onGone, onAway, onAgain, onAnswered }) {
    Object.assign(this, { url, session, onOpen, onGone, onAway, onAgain, onAnswered });
    this.comms = new Map();
    this.waiting = []; // what was said before the websocket stood
    this.asked = new Map(); // by message: what is to be told of its answers
    this.tries = 0;
    this.connect();
  }

  get isGone() {
    return this.socket === null;
  }

  connect() {
    const socket = (this.socket = new WebSocket(this.url, [PROTOCOL]));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.tries = 0;
      this.onAway(false);
      this.waiting.splice(0).forEach((frame) => socket.send(frame));
      if (this.wasOpen) this.onAgain();
      this.wasOpen = true;
    };
    socket.onmessage = (event) => this.#hear(decoded(event.data));
    socket.onclose = (event) => ([ENDED, CULLED].includes(event.code) ? this.#end(event.code === CULLED) : this.#again());
  }

  comm(target, id) {
    const comm = new Comm(this, target, id);
    this.comms.set(id, comm);
    return comm;
  }

  say(kind, content, callbacks, metadata = {}, buffers = []) {
    const id = uuid();
    const header = { msg_id: id, msg_type: kind, session: this.session, username: "", version: "5.3", date: new Date().toISOString() };
    if (callbacks) this.asked.set(id, callbacks);
    const frame = encoded({ header, parent_header: {}, metadata, content, buffers });
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(frame);
    else this.waiting.push(frame);
    return id;
  }

  // Another takes the kernel over.
  leave() {
    this.socket?.close();
    this.socket = null;
  }

  // A connection that broke is taken up again: the server keeps what the kernel says meanwhile.
  async #again() {
    if (this.isGone) return;
    this.onAway(this.tries > 1);
    await new Promise((done) => setTimeout(done, RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)]));
    const url = this.url.replace(/^ws/, "http").replace(/\/channels.*/, "");
    const asked = await fetch(url, { redirect: "manual" }).catch(() => null);
    if (this.isGone) return;
    if (asked && asked.status < 500 && !asked.ok) this.#end();
    else this.connect();
  }

  #end(isIdle = false) {
    if (this.isGone) return;
    this.socket = null;
    this.onGone(isIdle);
  }

  #hear(message) {
    const { header, content, parent_header: parent } = message;
    const kind = header.msg_type;
    if (kind === "comm_open") this.onOpen(this.comm(content.target_name, content.comm_id), message);
    else if (kind === "comm_msg") this.comms.get(content.comm_id)?.hear(message);
    else if (kind === "comm_close") {
      this.comms.get(content.comm_id)?.end?.(message);
      this.comms.delete(content.comm_id);
    } else if (kind === "status" && ["dead", "terminating"].includes(content.execution_state)) this.#end();
    if (kind === "status" && content.execution_state === "idle" && parent.session === this.session) this.onAnswered();
    const told = this.asked.get(parent.msg_id);
    if (!told) return;
    if (kind === "status") told.iopub?.status?.(message);
    if (kind === "status" && content.execution_state === "idle") this.asked.delete(parent.msg_id);
  }
}
