// What is wrong with the page as it is drawn now: a list of sentences.
(() => {
  const wrong = [];
  const name = (part) => `"${part.textContent.trim().slice(0, 40)}"`;
  const apart = (a, b, slack) => a.right - slack <= b.left || b.right - slack <= a.left || a.bottom - slack <= b.top || b.bottom - slack <= a.top;
  // Elements that are seen with their boxes, from the top down.
  const boxesOf = (parts) =>
    [...parts]
      .map((part) => [part, part.getBoundingClientRect()])
      .filter(([, box]) => box.width > 0 && box.height > 0)
      .sort(([, a], [, b]) => a.top - b.top);
  const overlaps = (boxes, slackOf) =>
    boxes.forEach(([part, box], index) => {
      for (let next = index + 1; next < boxes.length; next += 1) {
        const [other, its] = boxes[next];
        // No box further down reaches this one.
        if (its.top >= box.bottom) break;
        const nested = part.contains(other) || other.contains(part);
        if (!nested && !apart(box, its, slackOf(box))) wrong.push(`${name(part)} overlaps ${name(other)}`);
      }
    });
  // The texts of a figure with the frame that they must not leave. In a file, several panels of this width share a drawing.
  const PANEL = 420;
  const framed = (svg) => {
    const whole = svg.getBoundingClientRect();
    const panels = [...svg.querySelectorAll(':scope > g:has(> desc)')];
    if (panels.length === 0) return [[svg.querySelectorAll('text'), whole]];
    return panels.map((panel) => {
      const { a, e, f } = panel.getScreenCTM();
      return [panel.querySelectorAll('text'), { left: e, right: e + PANEL * a, top: f, bottom: whole.bottom }];
    });
  };

  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) wrong.push(`the page is ${root.scrollWidth} pixels wide in a window of ${innerWidth}`);

  for (const svg of document.querySelectorAll('svg[role=img]')) {
    for (const [texts, frame] of framed(svg)) {
      for (const [part, box] of boxesOf(texts)) {
        if (box.left < frame.left - 0.5 || box.right > frame.right + 0.5 || box.top < frame.top - 0.5 || box.bottom > frame.bottom + 0.5) {
          wrong.push(`${name(part)} leaves its figure`);
        }
      }
    }
    // Line boxes are higher than letters: they may touch by a sixth.
    overlaps(boxesOf(svg.querySelectorAll('text')), (box) => box.height / 6);
  }

  const blocks = [...document.querySelectorAll('h1, h2, h3, p, li, dt, dd, summary, caption, .panels svg')];
  overlaps(boxesOf(blocks.filter((part) => part.checkVisibility())), () => 3);
  return wrong.slice(0, 20);
})()
