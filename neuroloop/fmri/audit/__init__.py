"""The audit of brain data: surrogates through decoding, and ways in which labels leak."""
