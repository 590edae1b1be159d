// Sends a picture that it draws, or a voice message that the demo brings along.

import { make } from "./bubble.js";

const WIDE = 320;
const HIGH = 200;

export class Files {
  constructor(phone) {
    this.phone = phone;
    phone.find(".files").append(
      this.button("▣", "Send a picture, with what is written as its words", async () => this.send("picture", await drawn())),
      this.button("♪", "Send a voice message", () => this.send("voice")),
    );
  }

  button(sign, label, press) {
    const button = make("button", "", sign);
    button.type = "button";
    button.title = label;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", press);
    return button;
  }

  async send(kind, body) {
    const { phone } = this;
    const conversation = phone.current()?.id;
    if (conversation === undefined) return;
    const text = kind === "picture" ? phone.input.value.trim() : "";
    if (text) phone.input.value = "";
    const done = await phone.sendFile({ conversation, speaker: phone.speaks() ?? "", text, kind }, body);
    if (!done && text) phone.input.value ||= text;
  }
}

/** Hills under a sun, other ones each time. */
function drawn() {
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDE, height: HIGH });
  const pen = canvas.getContext("2d");
  const hue = Math.random() * 360;
  pen.fillStyle = `hsl(${hue} 60% 82%)`;
  pen.fillRect(0, 0, WIDE, HIGH);
  pen.fillStyle = `hsl(${hue + 40} 90% 62%)`;
  pen.beginPath();
  pen.arc(60 + Math.random() * 200, 40 + Math.random() * 50, 26, 0, 7);
  pen.fill();
  for (const layer of [0, 1, 2]) hills(pen, `hsl(${hue + 150} ${24 + layer * 8}% ${58 - layer * 14}%)`, 95 + layer * 32);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
}

function hills(pen, colour, top) {
  const [first, second] = [Math.random() * 6, Math.random() * 6];
  pen.fillStyle = colour;
  pen.beginPath();
  pen.moveTo(0, HIGH);
  for (let x = 0; x <= WIDE; x += 4) pen.lineTo(x, top + 16 * Math.sin(x / 41 + first) + 9 * Math.sin(x / 17 + second));
  pen.lineTo(WIDE, HIGH);
  pen.fill();
}
