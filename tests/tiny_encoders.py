"""Tiny encoders with chance weights, and a plain float computation of what they answer."""

import json

import numpy as np

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "we", "will", "talk", "never", "##s", "."]
WIDTH, HEADS, LAYERS, WIDE = 32, 4, 2, 64


def write_encoder(folder, kind, seed=3):
    """Write config, tokenizer and weights of an encoder of the BERT or MPNet type."""
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    folder.mkdir(parents=True)
    names = ["<s>", "<pad>", "</s>", *WORDS] if kind == "mpnet" else WORDS
    vocabulary = {word: number for number, word in enumerate(names)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    start, end = ("<s>", "</s>") if kind == "mpnet" else ("[CLS]", "[SEP]")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}", special_tokens=[(w, vocabulary[w]) for w in (start, end)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "model_type": kind,
        "hidden_act": "gelu",
        "hidden_size": WIDTH,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "intermediate_size": WIDE,
        "layer_norm_eps": 1e-5,
        "vocab_size": len(names),
        "max_position_embeddings": 130,
        "type_vocab_size": 2,
    }
    if kind == "mpnet":
        config |= {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}
        config["relative_attention_num_buckets"] = 32
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    save_file(weights_of(kind, len(names), seed), folder / "model.safetensors")
    return folder


def weights_of(kind, n_words, seed):
    rng = np.random.default_rng(seed)

    def drawn(*shape):
        return (rng.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)

    def normal(prefix):
        weight, bias = 1 + drawn(WIDTH) / 10, drawn(WIDTH) / 10
        return {f"{prefix}.weight": weight, f"{prefix}.bias": bias}

    out = {
        "embeddings.word_embeddings.weight": 3 * drawn(n_words, WIDTH),
        "embeddings.position_embeddings.weight": drawn(130, WIDTH),
        **normal("embeddings.LayerNorm"),
    }
    if kind == "bert":
        out["embeddings.token_type_embeddings.weight"] = drawn(2, WIDTH)
    else:
        out["encoder.relative_attention_bias.weight"] = drawn(32, HEADS)
    parts = (
        ("attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o")
        if kind == "mpnet"
        else (
            *(f"attention.self.{name}" for name in ("query", "key", "value")),
            "attention.output.dense",
        )
    )
    norm = "attention.LayerNorm" if kind == "mpnet" else "attention.output.LayerNorm"
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}"
        shapes = dict.fromkeys(parts, (WIDTH, WIDTH))
        shapes |= {"intermediate.dense": (WIDE, WIDTH), "output.dense": (WIDTH, WIDE)}
        for part, shape in shapes.items():
            out[f"{prefix}.{part}.weight"] = 2 * drawn(*shape)
            out[f"{prefix}.{part}.bias"] = drawn(shape[0])
        out |= normal(f"{prefix}.{norm}") | normal(f"{prefix}.output.LayerNorm")
    return out


def answer(weights, architecture, ids):
    """Return the mean of the last hidden states of one text, in plain numpy and float64."""
    from math import erf

    from stance.encoders.int8_network import relative_places

    def dense(x, name):
        return x @ weights[f"{name}.weight"].T.astype(float) + weights[f"{name}.bias"]

    def normalised(x, name):
        centred = x - x.mean(axis=1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + architecture.epsilon)
        return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    places = weights["embeddings.position_embeddings.weight"][architecture.first_place :]
    x = weights["embeddings.word_embeddings.weight"][ids] + places[: len(ids)]
    kinds = weights.get("embeddings.token_type_embeddings.weight")
    x = normalised(x.astype(float) + (0 if kinds is None else kinds[0]), "embeddings.LayerNorm")
    table = weights.get("encoder.relative_attention_bias.weight")
    added = 0 if table is None else relative_places(table, len(ids))[0]
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}"
        q, k, v = (
            dense(x, f"{prefix}.attention.self.{name}")
            .reshape(len(ids), HEADS, -1)
            .transpose(1, 0, 2)
            for name in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1]) + added
        shares = np.exp(scores - scores.max(axis=2, keepdims=True))
        shares /= shares.sum(axis=2, keepdims=True)
        mixed = (shares @ v).transpose(1, 0, 2).reshape(len(ids), WIDTH)
        attended = dense(mixed, f"{prefix}.attention.output.dense")
        x = normalised(x + attended, f"{prefix}.attention.output.LayerNorm")
        wide = dense(x, f"{prefix}.intermediate.dense")
        wide = wide * (1 + np.vectorize(erf)(wide / np.sqrt(2))) / 2
        x = normalised(x + dense(wide, f"{prefix}.output.dense"), f"{prefix}.output.LayerNorm")
    return x.mean(axis=0)


def write_adapted(place):
    """A model folder ``base`` of an adapted model over a tiny encoder; returns it."""
    from safetensors.numpy import save

    from stance.encoders.files import encoder_digest, find_encoder
    from stance.models.adapter import ADAPTER
    from stance.models.folder import write_model

    files = find_encoder(str(write_encoder(place / "encoder", "mpnet")))
    rng = np.random.default_rng(3)
    adapter = save(
        {
            "head.weight": rng.standard_normal((6, WIDTH)).astype(np.float16),
            "head.bias": rng.standard_normal(6).astype(np.float16),
        }
    )
    member = {
        "kind": "adapter",
        "view": "cue+text",
        "encoder": files.name,
        "digest": encoder_digest(files),
        "scale": 2.0,
        "classes": ["conditional", "neutral", "neutral", "oppose", "skeptical", "support"],
        "weight": 1.0,
    }
    card = {"name": "tiny", "version": "1", "temperature": 1.5}
    write_model(place / "base", card, [(member, {ADAPTER: adapter})])
    return place / "base"
