"use strict";
// Draws the charts of a report from the data in the page; see hybrid/report/charts.py and drawing.py.
(() => {
  const told = JSON.parse(document.getElementById("data").textContent);
  const charts = [];

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const number = (x) => (x === null || x === undefined ? "–" : Number(x).toPrecision(8).replace(/\.?0+(?=e|$)/, ""));
  const short = (x) => (x === 0 ? "0" : Math.abs(x) >= 1e-3 && Math.abs(x) < 1e5 ? String(+x.toPrecision(6)) : (+x).toExponential(0));
  const clock = (s) => {
    const a = Math.abs(s);
    if (a === 0) return "0";
    if (a < 1e-3) return `${+(s * 1e6).toPrecision(4)} µs`;
    if (a < 1) return `${+(s * 1e3).toPrecision(4)} ms`;
    if (a < 600) return `${+s.toPrecision(5)} s`;
    if (a < 36000) return `${+(s / 60).toPrecision(5)} min`;
    return `${+(s / 3600).toPrecision(5)} h`;
  };
  const pairs = (x, y) => x.map((each, k) => [each, y[k]]);
  const positive = (y) => y.map((each) => (each > 0 ? each : null));

  function add(id, option) {
    const home = document.getElementById(id);
    if (!home) return;
    const chart = echarts.init(home, null, { renderer: "canvas" });
    charts.push(() => chart.setOption(option(), true));
    new ResizeObserver(() => chart.resize()).observe(home);
  }

  const axis = (name, more) => ({
    type: "value", name, nameLocation: "middle", nameGap: 28, scale: true,
    nameTextStyle: { color: colour("quiet") }, axisLabel: { color: colour("quiet"), hideOverlap: true },
    axisLine: { lineStyle: { color: colour("line") } }, splitLine: { lineStyle: { color: colour("line") } },
    ...more,
  });
  const base = (more) => ({
    animation: false, backgroundColor: "transparent", textStyle: { color: colour("text"), fontFamily: "inherit" },
    grid: { left: 74, right: 18, top: 34, bottom: 44 },
    legend: { top: 0, left: 0, itemWidth: 18, itemHeight: 4, icon: "roundRect", textStyle: { color: colour("text") }, type: "scroll" },
    tooltip: {
      trigger: "axis", confine: true, backgroundColor: colour("panel"), borderColor: colour("line"),
      textStyle: { color: colour("text"), fontSize: 12 }, valueFormatter: number,
    },
    ...more,
  });
  const along = () => axis("evaluations", { min: "dataMin", max: "dataMax", splitLine: { show: false } });
  const logarithmic = (more) => axis("", {
    type: "log", ...more, axisLabel: { color: colour("quiet"), formatter: short, hideOverlap: true },
  });
  const curve = (name, x, y, more) => ({ name, type: "line", showSymbol: x.length < 3, data: pairs(x, y), ...more });

  function level(value, name, tint) {
    return {
      silent: true, symbol: "none", lineStyle: { color: tint, type: "dashed" },
      label: { formatter: () => name, color: tint, position: "insideEndTop" }, data: [{ yAxis: value }],
    };
  }

  function convergence(c) {
    const x = c.evaluations, series = [];
    const reference = c.reference;
    if (c.errors) {
      const low = c.values.map((v, k) => (v === null || c.errors[k] === null ? null : v - c.errors[k]));
      const wide = c.errors.map((e) => (e === null ? null : 2 * e));
      const band = { type: "line", stack: "band", stackStrategy: "all", symbol: "none", silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false } };
      series.push({ ...band, data: pairs(x, low) });
      series.push({ ...band, name: "± standard error", data: pairs(x, wide), areaStyle: { color: colour("value"), opacity: 0.25 }, itemStyle: { color: colour("value"), opacity: 0.4 } });
    }
    series.push(curve("value", x, c.values, { lineStyle: { width: 1, color: colour("value") }, itemStyle: { color: colour("value") } }));
    series.push(curve("lowest so far", x, c.best, { step: "end", lineStyle: { width: 2, color: colour("best") }, itemStyle: { color: colour("best") } }));
    if (reference) {
      const ends = [x[0], x[x.length - 1]];
      series.push(curve(reference.name, ends, [reference.value, reference.value], { symbol: "none", lineStyle: { width: 1.5, type: "dashed", color: colour("reference") }, itemStyle: { color: colour("reference") } }));
    }
    return base({
      xAxis: along(), yAxis: axis(c.unit, { axisLabel: { color: colour("quiet"), formatter: (v) => String(+v.toPrecision(7)) }, nameGap: 58 }), series,
      dataZoom: [{ type: "inside", filterMode: "none" }],
    });
  }

  function distance(c) {
    const name = c.reference ? `distance from ${c.reference.name}` : "distance from the final value";
    const series = [curve(name, c.evaluations, positive(c.distance), { lineStyle: { width: 2, color: colour("best") }, itemStyle: { color: colour("best") } })];
    if (c.reference && c.reference.accuracy) series[0].markLine = level(c.reference.accuracy, "accepted error", colour("reference"));
    return base({ xAxis: along(), yAxis: logarithmic(), series });
  }

  const gradients = (g) => base({
    xAxis: along(), yAxis: logarithmic(),
    series: [curve("norm of the gradient", g.evaluations, positive(g.norms), { lineStyle: { width: 1.5, color: colour("communication") }, itemStyle: { color: colour("communication") } })],
  });

  const parameters = (p) => base({
    xAxis: along(), yAxis: axis("", {}),
    series: p.curves.map((y, k) => curve(String(p.indices[k]), p.evaluations, y, { symbol: "none", lineStyle: { width: 1.2 } })),
  });

  function columns(t) {
    const bytes = (name) => Uint8Array.from(atob(t[name]), (letter) => letter.charCodeAt(0));
    const view = (name) => new DataView(bytes(name).buffer);
    const begin = view("begin"), length = view("length"), row = view("row");
    const kind = bytes("kind"), low = bytes("low"), high = bytes("high"), data = [];
    for (let k = 0; k < t.count; k++) {
      const from = begin.getFloat64(8 * k, true);
      data.push([row.getUint16(2 * k, true), from, from + length.getFloat32(4 * k, true), kind[k], low[k] / 255, high[k] / 255]);
    }
    return data;
  }

  function timeline(t, spans) {
    const kinds = [...t.kinds, "waiting"], tints = kinds.map(colour);
    const last = spans.reduce((most, each) => Math.max(most, each[2]), 0);
    const data = [...t.rows.map((_, row) => [row, 0, last, kinds.length - 1, 0, 1]), ...spans];
    const rectangle = (_, api) => {
      const row = api.value(0), from = api.coord([api.value(1), row]), to = api.coord([api.value(2), row]);
      const height = Math.max(api.size([0, 1])[1] * 0.78, 2), low = api.value(4), high = api.value(5);
      const wide = to[0] - from[0], x = wide > 1 ? Math.floor(from[0]) : from[0];
      const shape = { x, y: from[1] + height * (0.5 - high), width: wide > 1 ? Math.ceil(to[0]) - x : Math.max(wide, 0.5), height: height * (high - low) };
      const area = api.getWidth ? { x: 74, y: 0, width: api.getWidth() - 92, height: api.getHeight() } : null;
      const clipped = area ? echarts.graphic.clipRectByRect(shape, area) : shape;
      return clipped && { type: "rect", shape: clipped, style: { fill: tints[api.value(3)] } };
    };
    const label = { color: colour("quiet") };
    return base({
      legend: { show: false }, grid: { left: 74, right: 18, top: 8, bottom: 84 },
      tooltip: {
        ...base({}).tooltip, trigger: "item",
        formatter: ({ value: v }) => {
          const share = v[5] - v[4] < 0.99 ? `, ${Math.round(100 * (v[5] - v[4]))} % of ${clock(v[2] - v[1])}` : `, ${clock(v[2] - v[1])}`;
          if (v[3] === kinds.length - 1) return `${t.rows[v[0]]}: waiting`;
          return `${t.rows[v[0]]}: ${kinds[v[3]]}${share}<br>from ${clock(v[1])}`;
        },
      },
      xAxis: axis("time", { min: 0, max: "dataMax", scale: false, axisLabel: { ...label, formatter: clock, hideOverlap: true } }),
      yAxis: { type: "category", data: t.rows, inverse: true, axisLabel: label, axisTick: { show: false }, axisLine: { lineStyle: { color: colour("line") } } },
      dataZoom: [
        { type: "inside", filterMode: "weakFilter", minSpan: 0 },
        { type: "slider", filterMode: "weakFilter", bottom: 8, height: 22, showDataShadow: false, labelFormatter: clock, textStyle: label, borderColor: colour("line"), fillerColor: "rgba(128,128,128,.2)" },
      ],
      series: [
        { type: "custom", renderItem: rectangle, data, dimensions: ["row", "begin", "end", "kind", "low", "high"], encode: { x: [1, 2], y: 0 }, clip: true, large: false, progressive: 0,
          markLine: { silent: true, symbol: "none", lineStyle: { color: colour("best"), type: "dashed" }, label: { formatter: "resumed", color: colour("best") }, data: t.resumed.map((x) => ({ xAxis: x })) } },
      ],
    });
  }

  const comparison = (runs, name, where) => base({
    xAxis: axis(name, { min: 0, axisLabel: { color: colour("quiet"), formatter: name === "time" ? clock : undefined, hideOverlap: true } }),
    yAxis: axis("", { axisLabel: { color: colour("quiet"), formatter: (v) => String(+v.toPrecision(7)) } }),
    series: runs.map((run) => curve(run.name, where(run), run.best, { step: "end", symbol: "none", lineStyle: { width: 2 } })),
  });

  if (told.convergence) {
    add("convergence", () => convergence(told.convergence));
    add("distance", () => distance(told.convergence));
  }
  if (told.gradients) add("gradients", () => gradients(told.gradients));
  if (told.parameters) add("parameters", () => parameters(told.parameters));
  if (told.timeline) {
    const data = columns(told.timeline);
    add("timeline", () => timeline(told.timeline, data));
  }
  if (told.comparison) {
    add("comparison", () => comparison(told.comparison, "evaluations", (run) => run.evaluations));
    add("comparison-time", () => comparison(told.comparison, "time", (run) => run.seconds));
  }

  const draw = () => charts.forEach((each) => each());
  draw();
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  document.documentElement.dataset.drawn = String(charts.length);
})();
