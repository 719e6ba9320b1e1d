"""Numbers at any place in a buffer of bytes, each read by one machine instruction (numba has no such reading)."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic


def _loader(bits: int, *, signed: bool, result: Any) -> Any:
    def load(typing_context: Any, data: Any, at: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            array = context.make_array(signature.args[0])(context, builder, args[0])
            place = builder.bitcast(builder.gep(array.data, [args[1]]), ir.IntType(bits).as_pointer())
            value = builder.load(place, align=1)
            if bits == 64:
                return value
            return (builder.sext if signed else builder.zext)(value, ir.IntType(64))

        return result(data, types.int64), generate

    return intrinsic(load)


load_u8 = _loader(8, signed=False, result=types.int64)
"""`load_u8(data, at)`: the byte at `at`, as int64. The caller has checked that it lies in the buffer."""

load_u16 = _loader(16, signed=False, result=types.int64)
"""The unsigned 16-bit number at `at`, little-endian, as int64."""

load_i32 = _loader(32, signed=True, result=types.int64)
"""The signed 32-bit number at `at`, little-endian, as int64."""

load_u64 = _loader(64, signed=False, result=types.uint64)
"""The unsigned 64-bit number at `at`, little-endian."""
