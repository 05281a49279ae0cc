// Numbers open a panel at the side; nothing here writes HTML, only text and elements.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const panel = document.getElementById("panel");
  const content = document.getElementById("panel-content");
  const contents = document.getElementById("contents");
  let opener = null;

  function make(tag, text, className) {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  }

  function patientItem(place) {
    const [name, anchor] = data.patients[place];
    const item = make("li");
    if (!anchor) {
      item.textContent = name;
      return item;
    }
    const link = make("a", name);
    link.href = "#" + anchor;
    item.append(link);
    return item;
  }

  function patientList(title, places) {
    const heading = make("h3", title + " (" + places.length + ")");
    const list = make("ul", undefined, "who");
    list.append(...places.map(patientItem));
    return [heading, list];
  }

  function rowPart([label, value, method]) {
    const part = make("section", undefined, "row");
    part.append(make("p", label, "label"), make("p", value, "value"));
    if (method) part.append(make("p", method, "method"));
    return part;
  }

  function groupParts(place) {
    const [counted, others] = data.groups[place];
    const parts = counted.length ? patientList("Patients", counted) : [];
    if (others.length) parts.push(make("h2", "Not counted here"));
    for (const [reason, places] of others) parts.push(...patientList(reason, places));
    return parts;
  }

  // Rows that rest on the same patients share one list of them.
  function fill(ids) {
    const parts = [];
    ids.forEach((id, i) => {
      const row = data.rows[id];
      const next = data.rows[ids[i + 1]];
      parts.push(rowPart(row));
      if (!next || next[3] !== row[3]) parts.push(...groupParts(row[3]));
    });
    content.replaceChildren(...parts);
  }

  function open(button) {
    if (opener) opener.setAttribute("aria-expanded", "false");
    opener = button;
    button.setAttribute("aria-expanded", "true");
    fill(button.dataset.rows.split(" "));
    panel.hidden = false;
    panel.scrollTop = 0;
    document.body.classList.add("with-panel");
    panel.focus({ preventScroll: true });
    button.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function close(focusBack) {
    panel.hidden = true;
    document.body.classList.remove("with-panel");
    if (!opener) return;
    opener.setAttribute("aria-expanded", "false");
    if (focusBack) opener.focus({ preventScroll: true });
    opener = null;
  }

  const narrow = window.matchMedia("(max-width: 64rem)");

  document.addEventListener("click", (event) => {
    const target = event.target.closest("button, a");
    if (!target) return;
    if (target.classList.contains("number")) {
      if (target === opener) close(true);
      else open(target);
    } else if (target.id === "panel-close") {
      close(true);
    } else if (target.matches("a[href^='#']") && narrow.matches) {
      close(false);
      if (contents.contains(target)) contents.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) close(true);
  });

  // On a narrow screen the contents fold away; without scripts they simply stay open.
  const fold = () => { contents.open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  fold();
})();
