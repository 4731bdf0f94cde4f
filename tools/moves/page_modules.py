"""Move the page's modules to their new names and rename what they define.

Run once from the root of the repository, on a clean work tree:

    python tools/moves/page_modules.py

The script makes moves and renames only. It uses `git mv`, rewrites every reference to a moved file, and renames
identifiers in code; strings, regular expressions and comments keep their text, except names in backticks and the
replacements listed in REPLACEMENTS. It exits with 1 when a rename matches nothing or when a new name is already taken.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

WEB = "server/web"

MOVES = {
    "messages.mjs": "strip_messages.mjs",
    "src/identifier/dressing.ts": "src/identifier/affixes.ts",
    "src/identifier/load.ts": "src/identifier/load_foreign.ts",
    "src/offline/sw.ts": "src/offline/service_worker.ts",
    "src/page/advised.ts": "src/page/advice_view.ts",
    "src/page/aloud.ts": "src/page/read_aloud.ts",
    "src/page/answer.ts": "src/page/answer_view.ts",
    "src/page/foot.ts": "src/page/footer.ts",
    "src/page/leaving.ts": "src/page/wipe_on_leave.ts",
    "src/page/number.ts": "src/page/number_field.ts",
    "src/page/open.ts": "src/page/app.ts",
    "src/page/sent.ts": "src/page/sent_panel.ts",
    "src/page/settings.ts": "src/page/config.ts",
    "src/protocol/work.ts": "src/protocol/proof_of_work.ts",
    "src/style/deeds.css": "src/style/controls.css",
    "src/style/folded.css": "src/style/details.css",
    "src/style/read.css": "src/style/introduction.css",
    "src/style/screens.css": "src/style/media.css",
    "src/worker/places.ts": "src/worker/channel_urls.ts",
    "test/ask.mjs": "test/run_worker.mjs",
    "test/built.mjs": "test/built_modules.mjs",
    "test/page-bundle.mjs": "test/bundle_source.mjs",
    "test/page-grouping.test.mjs": "test/page_grouping.test.mjs",
    "test/page-limits.test.mjs": "test/page_limits.test.mjs",
    "test/page-parts.test.mjs": "test/page_values.test.mjs",
    "test/page-words.test.mjs": "test/page_words.test.mjs",
    "test/release.mjs": "test/fake_server.mjs",
}
"""Old path to new path below server/web. No file changes its folder."""

RENAMES = {
    "build.mjs": """
        PARTS=LIBRARIES OLD=OLD_BROWSERS MODERN=SUPPORTED_BROWSERS FIELDS=CLASS_FIELDS one=script
        silent=stripErrorTexts withoutMessages=stripMessages !build=buildScript style=buildStyle
    """,
    "strip_messages.mjs": "withoutMessages=stripMessages put=replacement",
    "src/identifier/canonicalise.ts": """
        Place=ReadOptions place=options undress=canonicaliseBody decide=canonicaliseNumber settle=fromReading
        settled=canonicalIfStable GLUED=ADJACENT_MOBILES PIECES=CANDIDATES PIECE_DIGITS=CANDIDATE_DIGITS
        pieces=candidates piece=candidate NUMBER_HEADS=NUMBER_PREFIXES head=prefix none=invalid isNone=isInvalid
        closed=compacted home=isHome readAtHome=readDomestic
    """,
    "src/identifier/characters.ts": """
        plainOne=plainCharacter NOTHING=INVISIBLE ALIKE_OF=EQUIVALENT_OF ALIKE=EQUIVALENTS alike=equivalent
    """,
    "src/identifier/load_foreign.ts": "entry=sentRequest .record=addSent",
    "src/identifier/mainland.ts": "readAtHome=readDomestic",
    "src/identifier/plan.ts": "WRONG=LENGTH_REASONS",
    "src/offline/service_worker.ts": "PAGES=OFFLINE_FILES kept=offlineUrls orKept=fetchOrCached",
    "src/page/advice.ts": "Plan=OrderedAdvice plan=orderAdvice FOR_ANYBODY=GENERAL_ADVICE",
    "src/page/advice_view.ts": """
        !more=moreAdvice without=briefAlone calls=callLinkFor dial=callLink dialled=telNumber
    """,
    "src/page/answer_view.ts": """
        plan=orderAdvice FOR_ANYBODY=GENERAL_ADVICE !more=moreAdvice dialled=telNumber dial=callLink Shown=ShownAnswer
        Why=UnknownReason Gist=Summary gist=summarise besides=note aloud=readAloud because=explanation
        happened=caseElements isWrong=isInvalid has=hasOwn record=owner
    """,
    "src/page/app.ts": """
        open=startApp startAloud=startReadAloud aloudButton=readAloudButton showAloud=updateReadAloud hush=stopReading
        watchLeaving=wipeOnLeave holdNumber=lockNumber markNumber=markInvalid begin=loadAndStart turn=generation
        mine=current draw=render failed=failedOutcome got=received leave=wipe had=hadContent
        otherLanguage=changeLanguage bigger=toggleBigger keepOffline=registerServiceWorker edited=onEdit
    """,
    "src/page/checker.ts": """
        Ask=PageMessage Tell=WorkerMessage Shown=ShownAnswer +tell=message hear=receive broken=fail of=failed
        ended=finished
    """,
    "src/page/config.ts": "late=timeout plain=trimmed found=loaded",
    "src/page/elements.ts": "dial=callLink",
    "src/page/footer.ts": "dialled=telNumber dial=callLink",
    "src/page/grouping.ts": """
        Typed=FieldText DRESSING=SEPARATORS before=previous bare=withoutSeparators at=grouped cut=deleted sign=character
        head=prefixLength
    """,
    "src/page/language.ts": "speak=setLanguage chosenBy=preferredLanguage each=forEachMarked",
    "src/page/number_field.ts": """
        number=enteredText holdNumber=lockNumber held=locked markNumber=markInvalid wrong=invalid changed=onChange
        edited=onEdit
    """,
    "src/page/page.ts": "open=startApp",
    "src/page/read_aloud.ts": """
        startAloud=startReadAloud aloudButton=readAloudButton showAloud=updateReadAloud hush=stopReading
        dumb=voiceFailed giveUp=reportNoVoice .aloud=readAloud +.quiet=stop
    """,
    "src/page/sent_panel.ts": "hex=hexInGroups none=empty",
    "src/page/slip.ts": "gist=summarise besides=note",
    "src/page/wipe_on_leave.ts": "watchLeaving=wipeOnLeave back=returned since=hiddenSince isLate=isOverdue",
    "src/protocol/answer.ts": "Reason=FailureReason",
    "src/protocol/bucket.ts": """
        checkBody=verifyBucket bodyBytes=bucketBytes split=chunksOf step=sibling top=computed
    """,
    "src/protocol/bytes.ts": "split=chunksOf pieces=chunks Reason=FailureReason",
    "src/protocol/check.ts": """
        Places=ChannelUrls places=urls tell=onStep unknown(=unknownAnswer answerUnder=answerWithRelease oneOf=pickRandom
        token=deriveToken tokens=evaluateTokens secrets=tokens secret=token answerBytes=replyBytes Evaluated=Evaluation
        work=solveChallenge proof=extraHeaders takeAhead=takePreparedCanary +ahead=canary proven=confirmed
        gone=retired result=answerFromLabel getter=fileFetcher Get=FetchFile accepted=successBody checkBody=verifyBucket
        bodyBytes=bucketBytes !find=findLabel
    """,
    "src/protocol/failure.ts": "Reason=FailureReason orElse=parseOrFail",
    "src/protocol/label.ts": "bind=binding split=chunksOf secret=token !find=findLabel open=openEntry",
    "src/protocol/manifest.ts": "need=ensure",
    "src/protocol/metadata.ts": """
        orElse=parseOrFail signers=parseSignatures record=asObject signedBy=verifySignatures verified=isValidSignature
        notExpired=checkNotExpired
    """,
    "src/protocol/oprf.ts": """
        split=chunksOf orElse=parseOrFail CONTEXT=CONTEXT_STRING tag=domainTag parts=transcript
    """,
    "src/protocol/proof_of_work.ts": """
        whole=received SLICE=SLICE_MS LIMIT=LIMIT_MS USUAL=TYPICAL_COUNTERS record=asObject bytes=hexBytes
        within=integerIn Around=SolveOptions around=options end=deadline pause=sliceEnd derive=deriveKey
        answer=encodeSolution
    """,
    "src/protocol/token.ts": "bind=binding token=deriveToken secret=token",
    "src/protocol/transport.ts": """
        Reason=FailureReason record=addSent entry=sentRequest ended=controller late=timedOut
        clock=timer accepted=successBody bodyOf=readBody parts=chunks part=chunk take=append
    """,
    "src/protocol/trust.ts": """
        Get=FetchFile !get=fetchFile Verified=VerifiedMetadata FRESH=MAX_AGE proven=confirmed ahead=canary
        isYoung=isFresh beyond=stale under=keyIds forgetOthers=dropOtherKeys
        role(=fetchRole version(=namedVersion manifest(=fetchManifest named=snapshotVersion listed=targetsVersion
        former=unchanged own=epochTarget record=asObject signedBy=verifySignatures notExpired=checkNotExpired
        until=servesUntil holders=ids
    """,
    "src/words/en.ts": "aloud=readAloud quiet=stop without=briefAlone",
    "src/words/words.ts": "aloud=readAloud quiet=stop without=briefAlone Why=UnknownReason",
    "src/words/zh.ts": "aloud=readAloud quiet=stop without=briefAlone",
    "src/worker/channel_urls.ts": """
        Places=ChannelUrls placesOf=channelUrls own=ownOrigin trusted=secureUrl host=bucketHost
    """,
    "src/worker/messages.ts": "Ask=PageMessage Tell=WorkerMessage",
    "src/worker/worker.ts": """
        Places=ChannelUrls placesOf=channelUrls places=urls Ready=Configured ready=configured understand=readSettings
        running=queue told=answered tell=onStep Ask=PageMessage Tell=WorkerMessage
    """,
    "test/built_modules.mjs": "build=buildScript silent=stripErrorTexts",
    "test/check.test.mjs": """
        Release=FakeServer +release=server PLACES=URLS .places=channelUrls +placesOf=channelUrls places=urls
        .work=proofOfWork tell=onStep told=sentText whole=snapshotCase keyOf=publicKeyOf part=route own=ownOrigin
    """,
    "test/fake_server.mjs": """
        Release=FakeServer part=route more=overrides whole=snapshotCase keyOf=publicKeyOf soon=inDays
    """,
    "test/identifier.test.mjs": "piece=fragment",
    "test/modules.ts": "places=channelUrls work=proofOfWork",
    "test/page_limits.test.mjs": "told=outcomes heard=received",
    "test/page_values.test.mjs": """
        gist=summarise dialled=telNumber hex=hexInGroups told=withTelephone untold=withoutTelephone
    """,
    "test/page_words.test.mjs": "plan=orderAdvice chosenBy=preferredLanguage record=table look=assertNotEmpty",
    "test/run_worker.mjs": "told=answered asked=requests",
    "test/scripts.test.mjs": """
        build=buildScript places=positions Release=FakeServer +release=server told=messages hear=receive say=send
        settle=configure forget=deleteGlobals part=key weigh=gzipSize
    """,
    "test/trust.test.mjs": "Release=FakeServer release=server see=update beyond=stale proven=confirmed .more=overrides",
    "test/protocol.test.mjs": "checkBody=verifyBucket .bind=binding",
}
"""New names by file (its new path), in the order in which they are applied: `old=new`.

`!old` leaves property accesses alone, `.old` renames only them, `old(` renames only what is called or defined as a
function, and a leading `+` allows a new name that the file already has.
"""

REPLACEMENTS = {
    "src/protocol/check.ts": {'Pick<Tools, "places" ': 'Pick<Tools, "urls" '},
    "src/page/app.ts": {
        "markInvalid, number, watchNumber": "enteredText, markInvalid, watchNumber",
        "const text = number();": "const text = enteredText();",
        'number() !== ""': 'enteredText() !== ""',
        "if (failure || !checker) answer(": "if (failure || !checker) showOutcome(",
        "checker.ask(text, progress, answer)": "checker.ask(text, progress, showOutcome)",
        "function answer(": "function showOutcome(",
    },
    "src/words/words.ts": {
        "import type { Reason } from": "import type { FailureReason } from",
        "export type UnknownReason = Reason |": "export type UnknownReason = FailureReason |",
    },
    "src/style/question.css": {"animation: turn ": "animation: spin ", "@keyframes turn ": "@keyframes spin "},
    "test/check.test.mjs": {
        "for (const route of [number,": "for (const digits of [number,",
        "!sentText.includes(route)": "!sentText.includes(digits)",
        "modules.token.bind(": "modules.token.binding(",
        "const snapshotCase = (response)": "const withoutStream = (response)",
        "snapshotCase(await fetch(": "withoutStream(await fetch(",
    },
    "test/page_values.test.mjs": {
        "export { dialled }": "export { telNumber }",
        "export { gist }": "export { summarise }",
        "export { hex }": "export { hexInGroups }",
        "const withTelephone = (wait, words)": "const nextText = (wait, words)",
        "withTelephone(seconds, ": "nextText(seconds, ",
    },
    "test/page_words.test.mjs": {
        "export { plan }": "export { orderAdvice }",
        "export { chosenBy }": "export { preferredLanguage }",
    },
    "test/protocol.test.mjs": {"token.token(": "token.deriveToken(", "label.find(": "label.findLabel("},
    "test/run_worker.mjs": {"node ask.mjs": "node run_worker.mjs"},
}
"""Texts replaced as they stand, by file (its new path), after RENAMES."""

COLOURS = {
    "paper": "background",
    "ink": "text",
    "soft": "text-muted",
    "deed": "action",
    "deed-ink": "action-text",
    "deed-soft": "action-background",
    "found-soft": "found-background",
    "clear": "not-found",
    "clear-soft": "not-found-background",
    "unsure": "unknown",
    "unsure-soft": "unknown-background",
}
"""Custom properties of the style sheet, without their two dashes."""

problems: list[str] = []
"""Renames and replacements that failed, reported at the end."""

TEXT = {".css", ".html", ".json", ".md", ".mjs", ".py", ".sh", ".toml", ".ts", ""}
REFERENCE = re.compile(r"(?<![\w./-])(?:\.{1,2}/|src/|test/|server/web/)[\w./-]+\.(?:ts|css|mjs)\b")

# A stretch of TypeScript or JavaScript that is not code: comments, strings, and regular expressions where the grammar
# allows one.
NOT_CODE = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    |(?P<regex>(?:(?<=[(,=:\[!&|?{};\n])|(?<=[(,=:\[!&|?{};]\ )|(?<=return\ ))
        /(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[a-z]*)
    |(?P<template>`)""",
    re.VERBOSE | re.DOTALL,
)


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def tracked() -> Iterator[Path]:
    for name in run("git", "ls-files", "-z").split("\0"):
        path = Path(name)
        if name and path.suffix in TEXT and path.is_file() and not path.is_symlink():
            yield path


def edit(path: Path, change: Callable[[str], str]) -> None:
    try:
        before = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    after = change(before)
    if after != before:
        path.write_text(after, encoding="utf-8")


def resolve(folder: str, reference: str) -> str:
    """A reference from a file in `folder` as a path below the root, without `.` and `..`; "" when it leads outside."""
    names: list[str] = []
    for name in (*PurePosixPath(folder).parts, *PurePosixPath(reference).parts):
        if name == ".." and not names:
            return ""
        if name == "..":
            names.pop()
        elif name != ".":
            names.append(name)
    return "/".join(names)


def with_references(text: str, folder: str, known: set[str], moved: dict[str, str]) -> str:
    """The text with every reference to a moved file changed. References are relative to the file, or to a root."""

    def changed(found: re.Match[str]) -> str:
        reference = found[0]
        roots = (folder, f"{WEB}/src", WEB, "")
        target = next((path for root in roots if (path := resolve(root, reference)) in known), "")
        if target not in moved:
            return reference
        return reference.removesuffix(PurePosixPath(target).name) + PurePosixPath(moved[target]).name

    return REFERENCE.sub(changed, text)


def split_code(source: str) -> Iterator[tuple[str, str]]:
    """Pieces of a source with their kind: `code`, `comment`, or `text` (strings and regular expressions)."""
    at = 0
    while found := NOT_CODE.search(source, at):
        yield "code", source[at : found.start()]
        at = found.end()
        if found["template"] is None:
            yield ("comment" if found["comment"] is not None else "text"), found[0]
            continue
        at, pieces = template(source, at)
        yield "text", "`"
        yield from pieces
    yield "code", source[at:]


def template(source: str, at: int) -> tuple[int, list[tuple[str, str]]]:
    """A template literal from behind its first backtick: where it ends, and its pieces."""
    pieces: list[tuple[str, str]] = []
    start = at
    while source[at] != "`":
        if source[at] == "\\":
            at += 2
        elif source.startswith("${", at):
            end = expression_end(source, at + 2)
            pieces += [("text", source[start : at + 2]), *split_code(source[at + 2 : end])]
            start = at = end
        else:
            at += 1
    return at + 1, [*pieces, ("text", source[start : at + 1])]


def expression_end(source: str, at: int) -> int:
    """Where the expression of a template literal ends: at its closing brace."""
    depth = 0
    while depth or source[at] != "}":
        if found := NOT_CODE.match(source, at):
            at = found.end() if found["template"] is None else template(source, found.end())[0]
            continue
        depth += {"{": 1, "}": -1}.get(source[at], 0)
        at += 1
    return at


def renamed(source: str, spec: str, name: str) -> str:
    """The source with one identifier renamed in code, and in comments where it stands in backticks."""
    old, new = spec.lstrip("+").split("=")
    word = old.strip("!.(")
    before = r"(?<![\w$])(?<!(?<!\.)\.)" if old[0] == "!" else r"(?<=\.)" if old[0] == "." else r"(?<![\w$])"
    pattern = re.compile(before + re.escape(word) + r"(?![\w$])" + (r"(?=\()" if old[-1] == "(" else ""))
    pieces = list(split_code(source))
    code = "\n".join(piece for kind, piece in pieces if kind == "code")
    if not pattern.search(code):
        problems.append(f"{name}: {old} is not there")
    if spec[0] != "+" and re.search(r"(?<![\w$])" + re.escape(new) + r"(?![\w$])", code):
        problems.append(f"{name}: {new} is there already")
    return "".join(
        pattern.sub(new, piece)
        if kind == "code"
        else piece.replace(f"`{word}`", f"`{new}`")
        if kind == "comment" and old[-1] != "("
        else piece
        for kind, piece in pieces
    )


def replaced(text: str, old: str, new: str, name: str) -> str:
    if old not in text:
        problems.append(f"{name}: {old!r} is not there")
    return text.replace(old, new)


def with_colours(text: str) -> str:
    return re.sub(r"--([a-z]+(?:-[a-z]+)*)", lambda found: f"--{COLOURS.get(found[1], found[1])}", text)


def change_files(known: set[str], moved: dict[str, str]) -> None:
    scripts = Path(__file__).resolve().parent
    for path in tracked():
        if path.resolve().parent != scripts:
            folder = path.parent.as_posix()
            edit(path, lambda text, folder=folder: with_references(text, folder, known, moved))
    for name, specs in RENAMES.items():
        for spec in specs.split():
            edit(Path(WEB, name), lambda text, spec=spec, name=name: renamed(text, spec, name))
    for name, pairs in REPLACEMENTS.items():
        for old, new in pairs.items():
            edit(Path(WEB, name), lambda text, old=old, new=new, name=name: replaced(text, old, new, name))
    for path in Path(WEB, "src/style").glob("*.css"):
        edit(path, with_colours)
    for path in Path("tests").rglob("*.py"):
        edit(path, lambda text: text.replace('"ask.mjs"', '"run_worker.mjs"'))


def main() -> int:
    if run("git", "status", "--porcelain", "--untracked-files=no"):
        sys.stderr.write("the work tree is not clean\n")
        return 1
    known = {path.as_posix() for path in tracked()}
    moved = {f"{WEB}/{old}": f"{WEB}/{new}" for old, new in MOVES.items()}
    for old, new in moved.items():
        run("git", "mv", old, new)
    change_files(known, moved)
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
