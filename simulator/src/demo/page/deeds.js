// What can be done to the chosen message besides answering it: a reaction, an edit, a deletion.

import { make } from "./bubble.js";

const EMOJI = ["👍", "❤️", "😂"];

export class Deeds {
  constructor(phone) {
    this.phone = phone;
    this.editing = null;
    this.bar = phone.find(".deeds");
    this.buttons = [
      ...EMOJI.map((emoji) => this.button(emoji, `React with ${emoji}`, () => this.react(emoji))),
      this.button("No reaction", "Take the reaction back", () => this.react("")),
      this.button("Edit", "Edit this message", () => this.edit()),
      this.button("Delete", "Delete this message for everybody", () => this.done("delete", "")),
    ];
    this.bar.append(...this.buttons);
  }

  button(text, label, press) {
    const button = make("button", "", text);
    button.type = "button";
    button.setAttribute("aria-label", label);
    button.addEventListener("click", press);
    return button;
  }

  /** The message that is chosen, or none. */
  show(message) {
    if (this.editing) this.phone.input.value = "";
    this.editing = null;
    this.message = message;
    this.bar.hidden = !message || message.deleted;
  }

  react(emoji) {
    this.done("react", emoji);
  }

  edit() {
    this.editing = this.message;
    this.phone.input.value = this.message.text;
    this.phone.find(".answering").firstElementChild.textContent = `Edit: ${this.message.text}`;
    this.phone.input.focus();
  }

  edited(text) {
    this.done("edit", text);
  }

  async done(deed, text) {
    const phone = this.phone;
    const written = { conversation: phone.open, speaker: phone.speaks(), id: this.message.id, deed, text };
    phone.answer(null);
    await phone.change(written);
  }
}
