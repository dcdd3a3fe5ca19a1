"""Two machines without anybody between them: what pairing and sharing are made of.

certificate.py  this machine's certificate
pinning.py      TLS that takes one certificate, by its fingerprint
link.py         the pairing link, as text and as a QR code
words.py        six words that both sides can compare
guests.py       who may come in: one-time tokens of links, traded for lasting ones
addresses.py    where this machine may be reached, the likeliest first
share.py        the hub that serves chosen databases to them
discovery.py    who else shares in this network, by DNS-SD
trade.py        the other end of a link; reach.py finds at which address a machine answers
following.py    a paired machine that moved is followed to where it is now
newfile.py      a database for a machine that has none yet, like the other side's
"""
