// What a script asks the server, or tells it (`body`): the answer, or an Error in words, with the status of a refusal.

async function ask(url, body) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  const how = body ? { method: "POST", body, keepalive: true } : { cache: "no-store" };
  const headers = { Accept: "application/json", ...(body && { "X-CSRFToken": token }) };
  let response;
  try {
    response = await fetch(url, { ...how, headers });
  } catch {
    throw new Error("The server can't be reached.");
  }
  const said = await response.json().catch(() => ({}));
  if (response.ok) return said;
  throw Object.assign(new Error(said.message ?? "Something broke on our side."), { status: response.status });
}
