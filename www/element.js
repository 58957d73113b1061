// The one thing Rust cannot write: a class that extends HTMLElement.
export function defineElement(name, connected, disconnected) {
  if (customElements.get(name)) return;
  customElements.define(name, class extends HTMLElement {
    connectedCallback() { connected(this); }
    disconnectedCallback() { disconnected(this); }
  });
}
