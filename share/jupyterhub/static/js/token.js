// Making and revoking tokens.
import { api, showError } from "./jhapi.js";

const { user } = window.jhdata;
const error = document.getElementById("token-error");

document.getElementById("request-token-form")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter ?? event.target.querySelector("button[type=submit]");
  const note = document.getElementById("token-note").value.trim();
  const expires = document.getElementById("token-expiration-seconds")?.value;
  const scopes = (document.getElementById("token-scopes")?.value ?? "").split(/[\s,]+/).filter(Boolean);
  const body = { note: note || "Requested on the token page" };
  if (expires) {
    body.expires_in = Number(expires);
  }
  if (scopes.length > 0) {
    body.scopes = scopes;
  }
  button.disabled = true;
  error.hidden = true;
  try {
    const answer = await api("POST", ["users", user, "tokens"], { body });
    document.getElementById("token-result").textContent = answer.token;
    document.getElementById("token-area").hidden = false;
    document.getElementById("token-note").value = "";
  } catch (failure) {
    showError(error, failure);
  } finally {
    button.disabled = false;
  }
});

const copy = document.getElementById("token-copy");
copy?.addEventListener("click", async () => {
  const result = document.getElementById("token-result");
  try {
    await navigator.clipboard.writeText(result.textContent);
    copy.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(result); // no clipboard without encryption: at least select it
  }
});

for (const row of document.querySelectorAll(".token-row")) {
  const button = row.querySelector(".revoke-token-btn");
  button?.addEventListener("click", async () => {
    button.disabled = true;
    error.hidden = true;
    try {
      await api("DELETE", ["users", user, "tokens", row.dataset.tokenId]);
      row.remove();
    } catch (failure) {
      button.disabled = false;
      showError(error, failure);
    }
  });
}
