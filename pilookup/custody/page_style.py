"""The style sheet of the pages that custody makes, for the screen and for paper."""

from typing import Final

STYLE: Final = """
:root { color-scheme: light; --text: #1c2430; --soft: #5a6675; --line: #d9dee5; --good: #2c6e8f; --bad: #b4562a;
  --again: #9aa7b5; --warn: #fff6e5; --warn-line: #e0a030; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px; max-width: 960px; color: var(--text); background: #fff;
  font: 15px/1.55 "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif; }
nav { font-size: 14px; margin-bottom: 8px; }
nav a { color: var(--good); margin-right: 16px; }
h1 { font-size: 26px; margin: 8px 0 4px; }
h2 { font-size: 18px; margin: 32px 0 10px; padding-bottom: 4px; border-bottom: 1px solid var(--line); }
h3 { font-size: 15px; margin: 0 0 8px; overflow-wrap: anywhere; }
code { font: 12px/1.4 ui-monospace, "DejaVu Sans Mono", monospace; color: var(--soft); font-weight: normal; }
.about { color: var(--soft); font-size: 14px; margin: 0; }
.about span { margin-right: 20px; }
.state { display: inline-block; margin: 12px 0 4px; padding: 6px 12px; border-radius: 4px; background: #e8f2f6;
  border-left: 4px solid var(--good); }
.state.refused { background: #fbece5; border-color: var(--bad); }
.state.dry_run { background: #f1f3f6; border-color: var(--again); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(120px, 1fr)); gap: 10px; margin: 12px 0 0; }
.figures div { border: 1px solid var(--line); border-radius: 6px; padding: 8px 12px; }
.figures dt { color: var(--soft); font-size: 13px; }
.figures dd { margin: 0; font-size: 22px; font-variant-numeric: tabular-nums; }
.warning { background: var(--warn); border: 1px solid var(--warn-line); border-radius: 6px; padding: 12px 14px;
  margin: 0 0 12px; }
.warning dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 14px; margin: 0; }
.warning dt { color: var(--soft); }
.warning dd { margin: 0; overflow-wrap: anywhere; }
.option { white-space: nowrap; font-weight: 600; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; color: var(--soft); font-weight: normal; font-size: 13px; }
th, td { padding: 5px 10px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; padding-left: 10px; }
.bar { display: block; width: 100%; min-width: 120px; max-width: 360px; height: 12px; margin-top: 5px; }
.months { display: block; width: 100%; height: auto; }
svg text { font-size: 11px; fill: #5a6675; }
rect.accepted, rect.distinct { fill: var(--good); }
rect.rejected { fill: var(--bad); }
rect.duplicates { fill: var(--again); }
rect.verified { fill: #2c6e8f; }
rect.corrected { fill: #6aa6bd; }
rect.restricted { fill: #e0a030; }
rect.suspended { fill: #d07c3a; }
rect.closed { fill: #b4562a; }
rect.barred { fill: #6b2f18; }
rect.appealed, rect.released { fill: #9aa7b5; }
td .bar { max-width: 240px; }
.notes, .more { color: var(--soft); font-size: 14px; }
.notes { padding-left: 20px; overflow-wrap: anywhere; }
.digest { font: 11px/1.4 ui-monospace, "DejaVu Sans Mono", monospace; word-break: break-all; }
.command { font: 12px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere;
  border: 1px solid var(--line); border-radius: 6px; padding: 10px 12px; margin: 0; }
.sign td { height: 44px; }
.open { color: var(--bad); font-weight: 600; }
main + main { margin-top: 56px; padding-top: 8px; border-top: 3px solid var(--line); }
@media print {
  @page { size: A4; margin: 15mm; }
  body { padding: 0; max-width: none; font-size: 12px; }
  nav { display: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h2, h3 { break-after: avoid; }
  article, tr, svg, .figures { break-inside: avoid; }
  main + main { break-before: page; border: 0; margin: 0; }
}
"""
