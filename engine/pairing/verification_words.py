"""Six words that two people can read to each other, to make sure that both machines mean the same pairing.

The words are short and common, and begin or sound differently enough to be told apart over the telephone. The list must
never change, as both sides must have the same one.
"""

from __future__ import annotations

import hashlib

COUNT = 6
"""How many words are shown: 48 bits, too many for finding another pairing with the same words within ten minutes."""

_LIST = """
acorn actor album amber anchor angle apple apron arrow aspen atlas autumn badge baker balcony bamboo banjo barley
basket beach beaver bell berry bicycle biscuit blanket blossom bonfire bottle branch bread brick bridge bronze
bucket buffalo butter button cabin cactus camel camera candle canoe canyon carpet carrot castle cello chalk cheese
cherry chimney cinema circle clay cliff clock cloud clover coconut comet copper coral cotton cradle crane cricket
crown crystal cuckoo curtain daisy dancer desert diamond doctor dolphin donkey dragon drum eagle easel echo elbow
elephant ember engine falcon farmer feather fern ferry fiddle finger flame flute forest fossil fountain fox frost
galaxy garden garlic ginger giraffe glacier glove goblet goose granite grape guitar hammer harbor harvest hazel
hedgehog helmet heron honey horizon hotel iceberg igloo island ivory jacket jaguar jasmine jelly jigsaw judge jungle
kettle kitchen kite kitten ladder lagoon lantern laundry lemon leopard letter library lily lion lizard lobster
magnet mango maple marble market meadow melon metal milk mirror monkey moon mosaic mountain muffin museum nectar
needle nest north nutmeg oak oasis ocean olive onion opera orange orchid otter oven oyster paddle palace panda paper
parrot peach pebble pelican pencil pepper piano picnic pigeon pillow pilot pine pirate planet plum pocket poet pony
potato prairie pumpkin puzzle quartz queen quilt rabbit radio raft railway rainbow raven ribbon river robin rocket
rose saddle sailor salmon sandal saturn scarf seal shadow shell silver sister sketch snail soup spider sponge
squirrel stable statue sugar summer sunset swan table teapot temple thunder ticket tiger tomato tulip turtle
umbrella
"""

WORDS = tuple(_LIST.split())
"""One word for each value of a byte."""


def six_words(fingerprint: str, token: str) -> tuple[str, ...]:
    """Return a pairing's words, the same on both sides, from the certificate's fingerprint and the link's token."""
    seen = hashlib.sha256(f"syncline words {fingerprint} {token}".encode()).digest()
    return tuple(WORDS[number] for number in seen[:COUNT])
