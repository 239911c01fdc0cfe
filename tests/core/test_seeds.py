"""Seeds depend on what is computed alone, and differ between parts."""

from __future__ import annotations

from hashlib import blake2b

from hybrid.core.seeds import derive, fresh


def test_seeds_are_the_published_hash() -> None:
    digest = blake2b(b"7,0,12", digest_size=8).digest()
    assert derive(7, 0, 12) == int.from_bytes(digest, "little") // 2


def test_parts_have_seeds_of_their_own() -> None:
    seeds = {
        derive(seed, *keys)
        for seed in range(10)
        for keys in ((), *((a, b) for a in range(30) for b in range(30)))
    }
    assert len(seeds) == 10 * 901
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert derive(1, 23) != derive(12, 3) != derive(123)


def test_every_bit_is_used() -> None:
    seeds = [derive(3, key) for key in range(4000)]
    for bit in range(63):
        assert abs(sum(seed >> bit & 1 for seed in seeds) - 2000) < 200  # 6 standard deviations


def test_fresh_seeds_differ() -> None:
    drawn = {fresh() for _ in range(20)}
    assert len(drawn) > 15
    assert all(0 <= seed < 2**32 for seed in drawn)
