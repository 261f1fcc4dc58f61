// What a reader would stumble over, as lists of words; evaluated in the page.
(() => {
  for (const d of document.querySelectorAll("details")) d.open = true;

  const parse = (color) => {
    const n = color.match(/[\d.]+/g).map(Number);
    if (!/^rgba?\(/.test(color)) throw new Error("a colour of another form: " + color);
    return { rgb: n.slice(0, 3), alpha: n.length > 3 ? n[3] : 1 };
  };
  const over = (top, alpha, below) => top.map((v, i) => v * alpha + below[i] * (1 - alpha));
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };
  const opacity = (e) => e ? Number(getComputedStyle(e).opacity) * opacity(e.parentElement) : 1;
  const canvas = parse(getComputedStyle(document.body).backgroundColor).rgb;
  const background = (e) => {
    if (!e) return canvas;
    const { rgb, alpha } = parse(getComputedStyle(e).backgroundColor);
    return alpha === 1 ? rgb : over(rgb, alpha, background(e.parentElement));
  };
  // The filled shapes that lie under the middle of a text of the same picture.
  const painted = (text) => {
    const r = text.getBoundingClientRect();
    const x = r.left + r.width / 2, y = r.top + r.height / 2;
    let below = background(text.closest("svg"));
    for (const shape of text.closest("svg").querySelectorAll("rect, circle, polygon")) {
      const style = getComputedStyle(shape), at = new DOMPoint(x, y).matrixTransform(shape.getScreenCTM().inverse());
      const before = shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING;
      if (!before || style.fill === "none" || !shape.isPointInFill(at)) continue;
      const { rgb, alpha } = parse(style.fill);
      below = over(rgb, alpha * Number(style.fillOpacity) * opacity(shape), below);
    }
    return below;
  };

  const faint = new Set(), texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement, words = texts.currentNode.data.trim();
    if (!/[\p{L}\p{N}]/u.test(words) || e.closest("title, desc, style") || !e.getClientRects().length) continue;
    seen++;
    const svg = e.closest("svg"), style = getComputedStyle(e);
    const below = svg ? painted(e) : background(e);
    const { rgb, alpha } = parse(svg ? style.fill : style.color);
    const ratio = contrast(over(rgb, alpha * opacity(e), below), below);
    if (ratio < 4.5) faint.add(`${words.slice(0, 40)}: ${ratio.toFixed(2)} (${e.className.baseVal ?? e.className})`);
  }

  const misplaced = new Set(), tiny = [];
  const svgs = document.querySelectorAll("svg");
  for (const svg of svgs) {
    const size = svg.getBoundingClientRect(), name = svg.querySelector("title")?.textContent;
    if (size.width < 60 || size.height < 5) tiny.push(`${name}: ${size.width} x ${size.height}`);
    if (!name) tiny.push("a picture without a title");
    if (!svg.closest("td") && !svg.querySelector("desc")?.textContent) tiny.push(`${name}: no description`);
    const box = svg.viewBox.baseVal;
    for (const shape of svg.querySelectorAll("rect, circle, line, polyline, polygon, path, text")) {
      const b = shape.getBBox(), slack = 1;
      if (b.x < box.x - slack || b.y < box.y - slack || b.x + b.width > box.x + box.width + slack || b.y + b.height > box.y + box.height + slack)
        misplaced.add(`${name}: ${shape.tagName} ${shape.getAttribute("class")} ${shape.textContent.slice(0, 30)} at ${b.x},${b.y} ${b.width} x ${b.height}`);
    }
  }
  const unlabelled = [...document.querySelectorAll("thead th")].filter((th) => th.scope !== "col").map((th) => th.textContent);
  const width = document.scrollingElement.scrollWidth;
  return {
    texts: seen, pictures: svgs.length, tiles: document.querySelectorAll("rect.tile").length,
    faint: [...faint], misplaced: [...misplaced], tiny, unlabelled,
    wide: width > innerWidth ? `${width} of ${innerWidth} pixels` : "",
    dark: luminance(canvas) < 0.2,
  };
})()
