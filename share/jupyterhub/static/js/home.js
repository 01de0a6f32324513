// Stopping, adding and deleting servers on the home page.
import { api, serverPath, showError } from "./jhapi.js";

const { base_url, user } = window.jhdata;
const error = document.getElementById("home-error");

// Runs something a button stands for; the button rests meanwhile.
async function run(button, label, action) {
  const before = button.textContent;
  button.disabled = true;
  button.textContent = label;
  error.hidden = true;
  try {
    await action();
  } catch (failure) {
    showError(error, failure);
    button.disabled = false;
    button.textContent = before;
  }
}

// Waits until a server is gone: a stop may take longer than one answer.
async function untilStopped(name) {
  for (let i = 0; i < 120; i++) {
    const model = await api("GET", ["users", user], { query: { include_stopped_servers: "" } });
    const server = model.servers?.[name];
    if (!server || server.stopped || (!server.ready && !server.pending)) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

function stop(button, name) {
  return run(button, "Stopping …", async () => {
    await api("DELETE", serverPath(name));
    await untilStopped(name);
    location.reload();
  });
}

const stopButton = document.getElementById("stop");
stopButton?.addEventListener("click", () => stop(stopButton, ""));

for (const row of document.querySelectorAll(".home-server-row")) {
  const name = row.dataset.serverName;
  const stopNamed = row.querySelector(".stop-server");
  stopNamed?.addEventListener("click", () => stop(stopNamed, name));
  const remove = row.querySelector(".delete-server");
  remove?.addEventListener("click", () => {
    if (confirm(`Delete the server “${name}”? What it stored may be lost.`)) {
      run(remove, "Deleting …", async () => {
        await api("DELETE", serverPath(name), { body: { remove: true } });
        row.remove();
      });
    }
  });
}

document.getElementById("new-server-form")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const name = document.getElementById("new-server-name").value.trim();
  if (name) {
    location.href = `${base_url}spawn/${encodeURIComponent(user)}/${encodeURIComponent(name)}`;
  }
});

// The start is a page load; show that it was understood.
document.getElementById("start")?.addEventListener("click", (event) => {
  const link = event.currentTarget;
  link.classList.add("disabled");
  setTimeout(() => link.classList.remove("disabled"), 5000);
});
