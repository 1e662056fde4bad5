"""Hearing on telephone lines with an acoustic model of wide-band speech: what the line left out is filled in.

The model of pocketsphinx knows speech up to 6 800 Hz; a telephone brings 300 to 3 400 Hz of it. Its front end is
rebuilt here (`spectrum`), and a small network (`mapping`) gives the cepstra that the whole band would have had. The
network is made from synthetic speech that was sent over a simulated line (`learning`).
"""
