"""Suggested: which category a text may be about. It proposes and never decides.

`words` says what is looked at in a text, `examples` where texts with a known category
come from, `learning` how they are learnt, `measuring` how often that is right on texts
held out, `training` keeps what was learnt, and `proposing` uses it.
"""

from .proposing import Proposal, propose
from .training import Trained, train, train_if_due

__all__ = ["Proposal", "Trained", "propose", "train", "train_if_due"]
