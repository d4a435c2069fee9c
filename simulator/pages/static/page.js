"use strict";

const KINDS = {
  sales: { name: "Sales invoices", columns: [["number", "Number"], ["contact", "Customer", "wide"], ["reference", "Reference", "wide"], ["date", "Date", "day"], ["due_date", "Due", "day"], ["tax", "Tax", "n"], ["total", "Total", "n"], ["due", "Amount due", "n"], ["status", "Status", "status"]] },
  bills: { name: "Bills", columns: [["number", "Reference"], ["contact", "Supplier", "wide"], ["date", "Date", "day"], ["due_date", "Due", "day"], ["tax", "Tax", "n"], ["total", "Total", "n"], ["due", "Amount due", "n"], ["status", "Status", "status"]] },
  notes: { name: "Credit notes", columns: [["number", "Number"], ["type", "Kind", "kind"], ["contact", "Contact", "wide"], ["date", "Date", "day"], ["tax", "Tax", "n"], ["total", "Total", "n"], ["due", "Left to apply", "n"], ["status", "Status", "status"]] },
  contacts: { name: "Contacts", columns: [["name", "Name", "wide"], ["email", "E-mail"], ["tax_number", "Tax number"], ["code", "Contact code"], ["role", "Role"], ["status", "Status", "status"]] },
  payments: { name: "Payments", columns: [["date", "Date", "day"], ["number", "Document"], ["contact", "Contact", "wide"], ["account", "Account", "wide"], ["reference", "Reference", "wide"], ["total", "Amount", "n"], ["status", "Status", "status"]] },
  bank: { name: "Bank money", columns: [["date", "Date", "day"], ["number", "Kind"], ["contact", "Contact", "wide"], ["account", "Account", "wide"], ["reference", "Reference", "wide"], ["total", "Amount", "n"], ["status", "Status", "status"]] },
  journals: { name: "Manual journals", columns: [["date", "Date", "day"], ["number", "Narration", "wide"], ["total", "Debits", "n"], ["status", "Status", "status"]] },
  ledger: { name: "Trial balance", columns: [["code", "Code"], ["name", "Account", "wide"], ["type", "Type"], ["debit", "Debit", "n"], ["credit", "Credit", "n"]] },
};
const NOTE_KINDS = { ACCRECCREDIT: "Sales", ACCPAYCREDIT: "Purchase" };
const STATUS = { AUTHORISED: "Awaiting payment", SUBMITTED: "Awaiting approval", DRAFT: "Draft", PAID: "Paid", VOIDED: "Voided", DELETED: "Deleted", POSTED: "Posted", ACTIVE: "Active", ARCHIVED: "Archived" };
const EVERY = 2000;
const state = { org: null, kind: "sales", query: "", version: null, seen: null, open: null };
const $ = (id) => document.getElementById(id);

function element(tag, text, attributes = {}) {
  const node = document.createElement(tag);
  if (text !== undefined && text !== null) node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function money(value, currency) {
  if (value === null || value === undefined) return "";
  const text = Number(value).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return currency ? `${text} ${currency}` : text;
}

function day(value) {
  return value ? new Date(value).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" }) : "";
}

async function ask(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

function statusOf(row) {
  return row.account !== undefined && row.status === "AUTHORISED" ? "Made" : STATUS[row.status] || row.status;
}

function cell(row, [field, , style]) {
  const value = row[field];
  if (style === "status") {
    const node = element("td");
    node.append(element("span", statusOf(row), { class: `status ${value}` }));
    return node;
  }
  if (style === "n") return element("td", money(value, field === "total" ? row.currency : ""), { class: "n" });
  if (style === "day") return element("td", day(value));
  if (style === "kind") return element("td", NOTE_KINDS[value] || value);
  return element("td", value, style ? { class: style } : {});
}

function drawOrganisations(organisations) {
  $("organisations").replaceChildren(...organisations.map((org) => {
    const button = element("button", org.name, { "aria-current": String(org.id === state.org) });
    button.append(element("small", `${org.country} · ${org.currency}`));
    button.onclick = () => { state.org = org.id; forget(); refresh(); };
    return button;
  }));
}

function drawFigures(org) {
  const locks = Object.entries(org.lock).map(([name, value]) => `${name}: ${day(value)}`).join(", ");
  const figures = [
    [money(org.receivable, org.currency), "Owed by customers"],
    [money(org.payable, org.currency), "Owed to suppliers"],
    [String(org.counts.payments), "Payments"],
    [locks || "none", "Lock dates"],
  ];
  $("figures").replaceChildren(...figures.map(([value, label]) => {
    const box = element("div");
    box.append(element("b", value), element("span", label));
    return box;
  }));
  $("kinds").replaceChildren(...Object.entries(KINDS).map(([kind, { name }]) => {
    const button = element("button", `${name} `, { role: "tab", "aria-selected": String(kind === state.kind) });
    button.append(element("small", String(org.counts[kind] ?? "")));
    button.onclick = () => { state.kind = kind; forget(); refresh(); };
    return button;
  }));
}

function drawRows(list) {
  const { name, columns } = KINDS[state.kind];
  const heads = element("tr");
  heads.append(...columns.map(([, label, style]) => element("th", label, style === "n" ? { class: "n", scope: "col" } : { scope: "col" })));
  $("head").replaceChildren(heads);
  const seen = new Map();
  $("rows").replaceChildren(...list.rows.map((row) => {
    const line = element("tr", null, { tabindex: "0" });
    if (["VOIDED", "DELETED", "ARCHIVED"].includes(row.status)) line.classList.add("ended");
    if (state.seen && state.seen.get(row.id) !== row.updated) line.classList.add("fresh");
    seen.set(row.id, row.updated);
    line.append(...columns.map((column) => cell(row, column)));
    if (!row.id) line.classList.add("total");
    line.onclick = () => { state.open = row.id; drawDocument(); };
    line.onkeydown = (event) => { if (event.key === "Enter") line.onclick(); };
    return line;
  }));
  state.seen = seen;
  $("empty").hidden = list.count > 0;
  $("empty").textContent = state.query ? `Nothing matches “${state.query}”.` : `No ${name.toLowerCase()} yet. They appear here as soon as they are sent.`;
  const sums = Object.entries(list.sums).map(([currency, sum]) => `${money(sum.total, currency)}` + ` (open ${money(sum.due)})`);
  const more = list.count > list.rows.length ? `, the latest ${list.rows.length} shown` : "";
  $("foot").textContent = list.count ? `${list.count} ${list.count === 1 ? "entry" : "entries"}${more}${sums.length ? " · total " + sums.join(" · ") : ""}` : "";
}

function table(heads, rows, numeric = []) {
  const node = element("table");
  const head = element("tr");
  head.append(...heads.map((text, at) => element("th", text, numeric.includes(at) ? { class: "n" } : {})));
  const body = element("tbody");
  body.append(...rows.map((cells) => {
    const row = element("tr");
    row.append(...cells.map((text, at) => element("td", text, { class: numeric.includes(at) ? "n" : "wide" })));
    return row;
  }));
  const top = element("thead");
  top.append(head);
  node.append(top, body);
  return node;
}

async function drawDocument() {
  const drawer = $("drawer");
  if (!state.open) { drawer.hidden = true; return; }
  let data;
  try { data = await ask(`/simulator/page/${state.org}/${state.kind}/${state.open}`); } catch { state.open = null; drawer.hidden = true; return; }
  const head = data.head;
  const close = element("button", "×", { class: "close", "aria-label": "Close" });
  close.onclick = () => { state.open = null; drawer.hidden = true; };
  const parts = [close, element("h2", head.number || head.name || head.contact)];
  const facts = [head.number ? head.contact : head.email, head.date && day(head.date), head.due_date && `due ${day(head.due_date)}`, statusOf(head)];
  parts.push(element("p", facts.filter(Boolean).join(" · ")));
  if (data.url) {
    const link = element("a", "Open where it came from", { href: data.url, target: "_blank", rel: "noreferrer" });
    const line = element("p");
    line.append(link);
    parts.push(line);
  }
  if (data.contact) parts.push(table(["", ""], data.contact));
  if (data.lines.length) parts.push(element("h3", data.terms === "NoTax" ? "Lines (without tax)" : `Lines (tax ${data.terms.toLowerCase()})`), linesTable(data, head));
  if (data.applied.length) parts.push(element("h3", "Payments and credits"), table(["Date", "", "Amount"], data.applied.map((row) => [day(row.date), row.text, money(row.amount, head.currency)]), [2]));
  if (data.postings.length) parts.push(element("h3", "General ledger"), table(["Date", "", "Debit", "Credit"], data.postings.map((row) => [day(row.date), row.text, money(row.debit), money(row.credit)]), [2, 3]));
  if (data.history.length) parts.push(element("h3", "History"), table(["When (UTC)", "", ""], data.history.map((row) => [row.DateUTC.slice(0, 19).replace("T", " "), row.Changes, row.Details])));
  drawer.replaceChildren(...parts);
  drawer.hidden = false;
}

function linesTable(data, head) {
  const rows = data.lines.map((line) => [line.Description, line.Quantity === null ? "" : String(Number(line.Quantity)), line.UnitAmount === null ? "" : String(line.UnitAmount), line.AccountCode, line.TaxType, money(line.TaxAmount), money(line.LineAmount)]);
  const node = table(["Description", "Quantity", "Price", "Account", "Tax type", "Tax", "Amount"], rows, [1, 2, 5, 6]);
  const sums = [["Subtotal", data.totals.SubTotal], ["Tax", data.totals.TotalTax], ["Total", data.totals.Total]].filter(([, value]) => value !== undefined);
  for (const [label, value] of sums) {
    const row = element("tr", null, { class: label === "Total" ? "sum total" : "sum" });
    row.append(element("td", label, { colspan: "5" }), element("td", money(value, label === "Total" ? head.currency : ""), { class: "n", colspan: "2" }));
    node.tBodies[0].append(row);
  }
  return node;
}

function readAddress() {
  const [org, kind, open] = decodeURIComponent(location.hash.slice(1)).split("/");
  if (!org) return;
  forget();
  state.org = org;
  state.kind = KINDS[kind] ? kind : "sales";
  state.open = open || null;
}

function forget() {
  state.version = null;
  state.seen = null;
  state.open = null;
  $("drawer").hidden = true;
}

async function refresh() {
  try {
    const { organisations } = await ask("/simulator/page");
    if (!organisations.some((org) => org.id === state.org)) state.org = organisations.length ? organisations[0].id : null;
    const org = organisations.find((row) => row.id === state.org);
    $("live").className = "";
    $("live").textContent = "live";
    const version = JSON.stringify(org) + state.query;
    if (!org || state.version === version) return;
    drawOrganisations(organisations);
    drawFigures(org);
    drawRows(await ask(`/simulator/page/${state.org}/${state.kind}?q=${encodeURIComponent(state.query)}`));
    state.version = version;
    if (state.open) drawDocument();
  } catch (problem) {
    $("live").className = "off";
    $("live").textContent = "not reachable";
  }
}

let typing;
$("search").oninput = (event) => {
  clearTimeout(typing);
  typing = setTimeout(() => { state.query = event.target.value.trim(); state.seen = null; refresh(); }, 200);
};
document.addEventListener("keydown", (event) => { if (event.key === "Escape") { state.open = null; $("drawer").hidden = true; } });
window.addEventListener("hashchange", () => { readAddress(); refresh(); });
readAddress();
refresh();
setInterval(refresh, EVERY);
