"""What Meta's error codes mean for what is done next.

They are its own: https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
"""

TAKES_NOTHING = {0, 3, 4, 10, 190, 368, 80007, 130429, 131005, 131031, 131042, 131045, 131048, 131057, 133010}
TRY_AGAIN = {1, 2, 131000, 131016, 131056, 133004, 133016}
NOT_REACHED = {131021, 131026, 131050}  # about the number: no WhatsApp there, or none from us, whatever is sent
