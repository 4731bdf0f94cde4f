"""Writes OpenDocument spreadsheets by hand."""

import io
import zipfile

MIME_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"'
    for prefix in ("office", "table", "text", "style")
)
_HIDING = (
    '<office:automatic-styles><style:style style:name="ta1" style:family="table"><style:table-properties '
    'table:display="true"/></style:style><style:style style:name="ta2" style:family="table"><style:table-properties '
    'table:display="false"/></style:style></office:automatic-styles>'
)


def cell(text: str, more: str = "") -> str:
    return f'<table:table-cell office:value-type="string" {more}><text:p>{text}</text:p></table:table-cell>'


def number(value: str, shown: str = "1.38E+10", kind: str = "float") -> str:
    return f'<table:table-cell office:value-type="{kind}" office:value="{value}"><text:p>{shown}</text:p></table:table-cell>'


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def sheet(*rows: str, name: str = "S", hidden: bool = False) -> str:
    style = "ta2" if hidden else "ta1"
    return f'<table:table table:name="{name}" table:style-name="{style}">{"".join(rows)}</table:table>'


def document(
    *sheets: str, root: str = "document-content", start: str = '<?xml version="1.0" encoding="UTF-8"?>'
) -> str:
    mime = f' office:mimetype="{MIME_TYPE}"' if root == "document" else ""
    return (
        f'{start}<office:{root} {_NAMESPACES} xmlns:xlink="http://www.w3.org/1999/xlink"{mime}>{_HIDING}'
        f"<office:body><office:spreadsheet>{''.join(sheets)}</office:spreadsheet></office:body></office:{root}>"
    )


def package(content: str | bytes, manifest: str = "<manifest/>", mime_type: str = MIME_TYPE) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", mime_type, zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return out.getvalue()


def ods(*sheets: str) -> bytes:
    return package(document(*sheets))
