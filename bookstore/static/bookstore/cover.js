/* The page of a cover: a file can be dropped and is looked at before it is sent, and a picture that
   is being prepared shows by itself. Without this the page does the same by hand. */

const LOOK_AGAIN_MS = 1500;
const MOST_LOOKS = 20;

const looks = Number(sessionStorage.getItem(location.pathname) || 0);
if (document.querySelector("[data-waiting]") && looks < MOST_LOOKS) {
  setTimeout(() => {
    sessionStorage.setItem(location.pathname, looks + 1);
    location.replace(location.pathname);
  }, LOOK_AGAIN_MS);
} else {
  sessionStorage.removeItem(location.pathname);
}

const area = document.querySelector(".shop-drop");
if (area) {
  const input = area.querySelector("input[type=file]");
  const preview = area.querySelector(".shop-drop-preview");

  const look = () => {
    const file = input.files[0];
    preview.hidden = true;
    if (!file) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => { preview.src = reader.result; });
    reader.readAsDataURL(file);
  };
  preview.addEventListener("load", () => { preview.hidden = false; });
  input.addEventListener("change", look);

  area.querySelector(".shop-drop-hint").hidden = false;
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    area.classList.add("is-over");
  });
  area.addEventListener("dragleave", () => area.classList.remove("is-over"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    area.classList.remove("is-over");
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    look();
  });
}
