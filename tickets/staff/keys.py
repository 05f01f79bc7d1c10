"""Secrets: random keys of browsers and programs, and the hashes of what people remember."""

import asyncio
import hashlib
import hmac
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

# 19 MiB and two rounds (OWASP's second setting): a guess stays dear, a web worker stays small.
_argon2 = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))
# Away from the event loop, and never so many at once that they eat the machine's memory.
_bench = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


def fresh_key() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def hashed(key: str) -> str:
    """Keys are random and long, so a plain hash is enough; passwords get argon2."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_of(key: str) -> str:
    """The form's proof that our own page made it: derived from the session's key, not stored."""
    secret = key.encode("utf-8", "surrogatepass")
    return hmac.new(secret, b"csrf", hashlib.sha256).hexdigest()


async def password_hash(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_bench, _argon2.hash, password)


async def fits(password: str, kept: str | None) -> bool:
    """Does the password belong to the hash? Without a hash the same work is done, for nothing,
    so that the time of the answer does not say who exists."""
    loop = asyncio.get_running_loop()
    if kept is None:
        await loop.run_in_executor(_bench, _argon2.verify, password, await _nobodys_hash())
        return False
    return await loop.run_in_executor(_bench, _argon2.verify, password, kept)


async def _nobodys_hash() -> str:
    return await asyncio.get_running_loop().run_in_executor(_bench, _hash_of_nobody)


@cache
def _hash_of_nobody() -> str:
    return _argon2.hash(fresh_key())
