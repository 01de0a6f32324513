// The options form: one submission at a time.

const form = document.getElementById("spawn_form");
const button = form?.querySelector("button[type=submit]");
form?.addEventListener("submit", () => {
  button.disabled = true;
  button.textContent = "Starting …";
});
window.addEventListener("pageshow", () => {
  if (button) {
    button.disabled = false;
    button.textContent = "Start";
  }
});
