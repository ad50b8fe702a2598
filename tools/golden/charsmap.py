"""The table of a normalizer Precompiled, as SentencePiece makes it: which text becomes which other."""

import base64
import struct


def charsmap(mapping):
    """A double array of Darts over the bytes of the keys, and the texts they become; in base64."""
    texts, places = bytearray(), {}
    for value in dict.fromkeys(mapping.values()):
        places[value] = len(texts)
        texts += value.encode() + b"\0"
    root = {}
    for key, value in mapping.items():
        node = root
        for byte in key.encode():
            node = node.setdefault(byte, {})
        node[0] = places[value]
    units, used = {}, {0}

    def place(at, node, label):
        base = next(base for base in range(1, 1 << 20) if not any((base ^ byte) in used for byte in node))
        used.update(base ^ byte for byte in node)
        units[at] = (at ^ base) << 10 | (1 << 8 if 0 in node else 0) | label
        if 0 in node:
            units[base] = node[0] | 1 << 31
        for byte in node:
            if byte != 0:
                place(base ^ byte, node[byte], byte)

    place(0, root, 0)
    array = b"".join(struct.pack("<I", units.get(at, 0)) for at in range(max(units) + 257))
    return base64.b64encode(struct.pack("<I", len(array)) + array + bytes(texts)).decode()
