"""A description of exported tables as Croissant, the metadata of MLCommons for data sets: JSON-LD, version 1.0 of the format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nasbed.exchange.tables import ExportTable, sha256_of

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The terms of the format, which a document of version 1.0 begins with."""

_MEDIA = {".csv": "text/csv", ".parquet": "application/x-parquet"}
_TYPES = {"s": "sc:Text", "b": "sc:Boolean", "i": "sc:Integer", "u": "sc:Integer", "f": "sc:Float"}


def croissant(about: Mapping[str, Any], tables: Mapping[Path, ExportTable]) -> str:
    """The text of the description.

    ``about`` is what the data set as a whole says of itself, by the names of schema.org (name, description, and as far as they are
    known creator, license, url, version, datePublished); ``tables`` are the files that were written.
    """
    content = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        **about,
        "distribution": [_file(path) for path in tables],
        "recordSet": [_records(path, table) for path, table in tables.items()],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _file(path: Path) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "contentUrl": path.name,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": _MEDIA[path.suffix],
        "sha256": sha256_of(path),
    }


def _records(path: Path, table: ExportTable) -> dict[str, Any]:
    name = path.name.replace(".", "_")
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{one.name}",
                "name": one.name,
                "description": one.meaning,
                "dataType": _TYPES[one.dtype[0]],
                "source": {"fileObject": {"@id": path.name}, "extract": {"column": one.name}},
            }
            for one in table.columns
        ],
    }
