// Lets a scanner go on without waiting for the page: each number is taken at once, sent in turn, and
// shown with what was counted. Without this script the form works as any other.
"use strict";

const form = document.querySelector("[data-scan]");
const field = form.elements.number;
const scans = form.querySelector("[data-scans]");
const line = form.querySelector("[data-line]").content.textContent;
const LINES = 8;
let turn = Promise.resolve();

function show(text, failed) {
  const item = document.createElement("li");
  item.textContent = text;
  item.classList.toggle("shop-attention", failed);
  scans.prepend(item);
  while (scans.children.length > LINES) {
    scans.lastElementChild.remove();
  }
}

function offerToRefresh() {
  if (form.querySelector(".shop-refresh")) {
    return;
  }
  const link = document.createElement("a");
  link.className = "shop-refresh";
  link.href = window.location.pathname;
  link.textContent = form.dataset.refresh;
  scans.after(link);
}

async function send(number) {
  const body = new FormData(form);
  body.set("number", number);
  try {
    const headers = { Accept: "application/json" };
    const response = await fetch(form.action, { method: "POST", body, headers });
    const answer = await response.json();
    if (answer.error) {
      show(`${number}: ${answer.error}`, true);
      return;
    }
    show(line.replace(/\{(\w+)\}/g, (_match, name) => answer[name]), false);
    offerToRefresh();
  } catch {
    show(`${number}: ${form.dataset.failed}`, true);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const number = field.value.trim();
  field.value = "";
  field.focus();
  if (number) {
    turn = turn.then(() => send(number));
  }
});
