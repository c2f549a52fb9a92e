"""The ways by which a message reaches a person: one interface (`base`), and who is reached by which (`ladders`)."""
