// The login form: a warning without encryption, a button that shows the password, one submission at a time.

const local = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
if (location.protocol === "http:" && !local) {
  const warning = document.getElementById("insecure-login-warning");
  if (warning) {
    warning.hidden = false;
  }
}

const password = document.getElementById("password_input");
if (password) {
  const box = document.createElement("div");
  box.className = "password-box";
  password.replaceWith(box);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-sm btn-link";
  button.textContent = "Show";
  button.setAttribute("aria-label", "Show the password");
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const show = password.type === "password";
    password.type = show ? "text" : "password";
    button.textContent = show ? "Hide" : "Show";
    button.setAttribute("aria-pressed", String(show));
  });
  box.append(password, button);
  if (password.autofocus) {
    password.focus();
  }
}

const form = document.getElementById("login-form");
const submit = document.getElementById("login_submit");
form?.addEventListener("submit", () => {
  submit.disabled = true;
  submit.textContent = "Signing in …";
});
// A page that comes back from the browser's history can be used again.
window.addEventListener("pageshow", () => {
  if (submit) {
    submit.disabled = false;
    submit.textContent = "Sign in";
  }
});
