"""Records that have ended, a thousand in one file, which is written once."""
