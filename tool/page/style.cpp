// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/page/html.h"

namespace nadir::tool {

namespace {

// The colours of series are told apart by people who see fewer colours, too, on light and on dark ground.
constexpr std::string_view style = R"(
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #ffffff; --ink: #16202c; --faint: #5c6b7c; --line: #dfe4ea; --good: #17794a; --bad: #b3261e;
  --accent: #2458c5; --heat: 36 88 197;
  --c0: #3366cc; --c1: #e08214; --c2: #2a9d8f; --c3: #b5489c; --c4: #7a9a01; --c5: #d1495b; --c6: #6c7a89;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #10151c; --card: #18202a; --ink: #e6ebf1; --faint: #93a1b1; --line: #2b3744; --good: #59c28a; --bad: #ff8a80;
    --accent: #7aa7ff; --heat: 122 167 255;
    --c0: #6f9bff; --c1: #ffb04d; --c2: #4fc3b4; --c3: #e07fc8; --c4: #b5d33d; --c5: #ff8795; --c6: #93a1b1;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 28px 20px 48px; }
header { display: flex; flex-wrap: wrap; gap: 6px 18px; align-items: baseline; margin-bottom: 18px; }
h1 { font-size: 26px; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 17px; margin: 0 0 2px; }
h3 { font-size: 14px; margin: 18px 0 6px; }
p { margin: 0 0 10px; }
.faint, .about { color: var(--faint); }
.about { font-size: 13px; margin-bottom: 12px; max-width: 75ch; }
.chip { display: inline-block; border-radius: 99px; padding: 1px 10px; font-size: 13px; font-weight: 600; border: 1px solid currentColor; }
.good { color: var(--good); } .bad { color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-bottom: 14px; }
.tile, section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tile { padding: 12px 14px; }
.tile b { display: block; font-size: 22px; line-height: 1.25; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.tile span { color: var(--faint); font-size: 13px; }
section { padding: 18px 20px; margin-bottom: 14px; }
.chart { position: relative; height: 220px; margin: 8px 0 26px 64px; border-bottom: 1px solid var(--line); }
.chart svg { position: absolute; inset: 0; width: 100%; height: 100%; display: block; }
.chart .y, .chart .x { position: absolute; font-size: 12px; color: var(--faint); font-variant-numeric: tabular-nums; white-space: nowrap; }
.chart .y { right: 100%; margin-right: 8px; transform: translateY(-50%); }
.chart .x { top: 100%; margin-top: 5px; transform: translateX(-50%); }
.chart .x.first { transform: none; } .chart .x.last { transform: translateX(-100%); }
.grid { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.edge { fill: none; stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; margin: 0; padding: 0; list-style: none; }
.legend i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 7px; }
.lane { display: grid; grid-template-columns: 118px 1fr 86px; gap: 12px; align-items: center; font-size: 13px; margin: 7px 0; }
.lane svg { width: 100%; height: 34px; display: block; background: var(--ground); border-radius: 5px; }
.lane .number, td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.lane .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.axis { display: grid; grid-template-columns: 118px 1fr 86px; gap: 12px; font-size: 12px; color: var(--faint); }
.axis div { display: flex; justify-content: space-between; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { color: var(--faint); font-weight: 600; font-size: 13px; text-align: left; }
th, td { padding: 6px 14px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
tr:last-child td { border-bottom: 0; }
th:last-child, td:last-child { padding-right: 0; }
td.text { white-space: normal; }
.bar { display: block; height: 9px; min-width: 90px; background: var(--ground); border-radius: 5px; margin-top: 6px; overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--accent); border-radius: 5px; }
code { font: 13px/1.4 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; }
.caps { columns: 3 260px; column-gap: 28px; font-size: 13px; list-style: none; margin: 0; padding: 0; }
.caps li { break-inside: avoid; padding: 2px 0; display: flex; gap: 8px; }
.caps b { width: 1.2em; }
footer { color: var(--faint); font-size: 13px; }
@media (max-width: 560px) {
  main { padding: 16px 10px 32px; } section { padding: 14px 12px; }
  .lane, .axis { grid-template-columns: 84px 1fr 62px; gap: 8px; }
  .chart { height: 180px; margin-left: 52px; }
  .tiles { grid-template-columns: 1fr 1fr; gap: 8px; } .tile b { font-size: 18px; }
}
@media print {
  :root { --ground: #fff; --card: #fff; --ink: #000; --faint: #444; --line: #bbb; }
  body { font-size: 11pt; } main { max-width: none; padding: 0; }
  section, .tile { break-inside: avoid; border-radius: 0; }
  section.long { break-inside: auto; } tr { break-inside: avoid; }
  svg, .bar, .legend i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
)";

} // namespace

std::string_view page_style() { return style; }

} // namespace nadir::tool
