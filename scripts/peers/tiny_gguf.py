"""Writes a tiny language model with random weights, for tests of the endpoint client.

It knows nothing and says nothing sensible. Its vocabulary is made here, by byte-pair merging over
what we send, so that a request of ours is some thousand tokens long and not one for each byte.
Nothing is downloaded, and the same seed writes the same file.

Usage: tiny_gguf.py SEED OUTPUT.gguf CORPUS...
"""

import collections
import pathlib
import re
import sys

import gguf
import numpy

CONTEXT = 65536
WIDTH, HEADS, LAYERS, INNER = 32, 2, 1, 64
MERGES = 1500
SPACE = "\u2581"


def merges(text: str) -> list[str]:
    """Characters and the pieces merged from them, in the order in which they are merged."""
    words = collections.Counter(
        tuple(word.replace(" ", SPACE)) for word in re.findall(r" ?[A-Za-z]+|[^A-Za-z]", text)
    )
    pieces = sorted({character for word in words for character in word})
    for _ in range(MERGES):
        pairs: collections.Counter = collections.Counter()
        for word, count in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += count
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merged = "".join(best)
        if merged not in pieces:
            pieces.append(merged)
        joined: collections.Counter = collections.Counter()
        for word, count in words.items():
            parts, at = [], 0
            while at < len(word):
                if word[at : at + 2] == best:
                    parts.append(merged)
                    at += 2
                else:
                    parts.append(word[at])
                    at += 1
            joined[tuple(parts)] += count
        words = joined
    return pieces


def vocabulary(text: str) -> tuple[list[bytes], list[float], list[int]]:
    """Tokens with their scores and types, as SentencePiece has them."""
    kind = gguf.TokenType
    tokens = [(b"<unk>", 0.0, kind.UNKNOWN), (b"<s>", 0.0, kind.CONTROL), (b"</s>", 0.0, kind.CONTROL)]
    tokens += [(b"<|im_start|>", 0.0, kind.CONTROL), (b"<|im_end|>", 0.0, kind.CONTROL)]
    tokens += [(f"<0x{byte:02X}>".encode(), 0.0, kind.BYTE) for byte in range(256)]
    pieces = merges(text)
    tokens += [(piece.encode(), -float(rank), kind.NORMAL) for rank, piece in enumerate(pieces)]
    words, scores, kinds = zip(*tokens)
    return list(words), list(scores), [int(one) for one in kinds]


def main(seed: str, path: str, *corpus: str) -> None:
    text = "\n".join(pathlib.Path(file).read_text(encoding="utf-8") for file in corpus)
    words, scores, kinds = vocabulary(text)

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny-random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(words))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(words)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(4)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_chat_template(
        "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
        "{{ message['content'] }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
    )

    random = numpy.random.default_rng(int(seed))

    def drawn(*shape: int) -> numpy.ndarray:
        return random.standard_normal(shape, dtype=numpy.float32) * (shape[-1] ** -0.5)

    def tensor(name: str, *shape: int) -> None:
        writer.add_tensor(name, drawn(*shape))

    def norm(name: str) -> None:
        writer.add_tensor(name, numpy.ones(WIDTH, dtype=numpy.float32))

    # The first dimension is the same for every token, so that it can favour some of them in the
    # output: those that end a string, an object or a turn. Else a random text hardly ever ends.
    embedding, output = drawn(len(words), WIDTH), drawn(len(words), WIDTH)
    embedding[:, 0] = 4.0
    output[:, 0] = 0.0
    for token, word in enumerate(words):
        if word == b"<|im_end|>" or set(word) <= set(b'"}]'):
            output[token, 0] = 1.2
    writer.add_tensor("token_embd.weight", embedding)
    norm("output_norm.weight")
    writer.add_tensor("output.weight", output)
    for layer in range(LAYERS):
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensor(f"blk.{layer}.{part}.weight", WIDTH, WIDTH)
        tensor(f"blk.{layer}.ffn_gate.weight", INNER, WIDTH)
        tensor(f"blk.{layer}.ffn_up.weight", INNER, WIDTH)
        tensor(f"blk.{layer}.ffn_down.weight", WIDTH, INNER)
        norm(f"blk.{layer}.attn_norm.weight")
        norm(f"blk.{layer}.ffn_norm.weight")

    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
