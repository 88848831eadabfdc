// The widgets of a page: ipywidgets' own and anywidget's; of any other module the page is told that it is unknown.

import * as base from "@jupyter-widgets/base";
import { ManagerBase } from "@jupyter-widgets/base-manager";
import * as controls from "@jupyter-widgets/controls";
import { MessageLoop } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import anywidget from "anywidget";

const MODULES = { "@jupyter-widgets/base": base, "@jupyter-widgets/controls": controls, anywidget: anywidget(base) };

export class Manager extends ManagerBase {
  constructor(kernel, onUnknown) {
    super();
    this.kernel = kernel;
    this.onUnknown = onUnknown;
    this.shown = [];
    this.awaited = new Map(); // by model: who waits for it
    addEventListener("resize", () => {
      for (const view of this.shown) MessageLoop.postMessage(view.luminoWidget, Widget.ResizeMessage.UnknownSize);
    });
  }

  // A model that the kernel opened. Models are registered in the order they come in, so that each finds its parts.
  open(comm, message) {
    const module = message.content.data?.state?._model_module;
    if (comm.target_name !== this.comm_target_name) return;
    if (!(module in MODULES)) return this.onUnknown(module);
    this.handle_comm_open(comm, message).catch((error) => console.error(error));
    this.awaited.get(comm.comm_id)?.resolve();
  }

  // A page's HTML may name a model before the kernel's message has come that opens it.
  async get_model(id) {
    if (!this.has_model(id)) {
      if (!this.awaited.has(id)) this.awaited.set(id, Promise.withResolvers());
      await this.awaited.get(id).promise;
    }
    return super.get_model(id);
  }

  // A view begins with what its model has been told: anywidget's hears of no class that comes later.
  async create_view(model, options) {
    await model.comm?.taken;
    return super.create_view(model, options);
  }

  async show(id, place) {
    const view = await this.create_view(await this.get_model(id));
    Widget.attach(view.luminoWidget, place);
    this.shown.push(view);
  }

  // Take over the state of every widget as the kernel has it now.
  renew() {
    return this._loadFromKernel();
  }

  async loadClass(name, module) {
    if (!(module in MODULES)) this.onUnknown(module);
    return MODULES[module]?.[name];
  }

  async _create_comm(target, id, data, metadata, buffers) {
    const comm = this.kernel.comm(target, id ?? base.uuid());
    if (data !== undefined) comm.open(data, undefined, metadata, buffers);
    return comm;
  }

  async _get_comm_info() {
    return {};
  }
}
