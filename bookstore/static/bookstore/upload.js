// Takes a file that is dropped on the form, and says at once when it is too large. Without this script
// the form works as any other.
"use strict";

const form = document.querySelector("[data-upload]");
if (form) {
  const input = form.querySelector("input[type=file]");
  const status = form.querySelector("[data-status]");
  form.querySelector("[data-drop]").hidden = false;

  const check = () => {
    const file = input.files[0];
    const isTooLarge = Boolean(file) && file.size > Number(form.dataset.most);
    input.setCustomValidity(isTooLarge ? form.dataset.tooLarge : "");
    status.textContent = isTooLarge ? form.dataset.tooLarge : "";
  };

  for (const name of ["dragenter", "dragover"]) {
    form.addEventListener(name, (event) => {
      event.preventDefault();
      form.classList.add("shop-dropping");
    });
  }
  form.addEventListener("dragleave", (event) => {
    if (!form.contains(event.relatedTarget)) {
      form.classList.remove("shop-dropping");
    }
  });
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("shop-dropping");
    if (event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      check();
    }
  });
  input.addEventListener("change", check);
  form.addEventListener("submit", () => {
    status.textContent = form.dataset.sending;
  });
}
