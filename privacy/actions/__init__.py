"""What changes things in privacy: verb_noun(*, ..., by), atomic."""
