package slackbot

// Slack's limits, in Unicode code points unless said otherwise.
const (
	// https://docs.slack.dev/reference/block-kit/blocks
	maxBlocks     = 50  // per message
	maxViewBlocks = 100 // per modal or Home tab
	maxHeader     = 150
	maxText       = 3000 // any text object; we keep rich text elements to it too
	maxContext    = 10   // elements of a context block
	maxActions    = 25   // elements of an actions block
	maxID         = 255  // action_id, block_id, callback_id
	maxInputLabel = 2000 // and the hint

	// https://docs.slack.dev/reference/block-kit/block-elements
	maxButtonLabel = 75
	maxButtonHint  = 75 // accessibility_label
	maxButtonValue = 2000
	maxURL         = 3000
	maxOptions     = 100 // of a select
	maxPlaceholder = 150
	maxOverflow    = 5
	maxInput       = 3000 // max_length of a plain_text_input

	// https://docs.slack.dev/reference/block-kit/composition-objects
	maxOptionText   = 75
	maxOptionValue  = 150
	maxConfirmTitle = 100
	maxConfirmText  = 300
	maxConfirmWord  = 30

	// https://docs.slack.dev/reference/views
	maxViewWord = 24        // title, submit, close
	maxMetadata = 3000      // private_metadata
	maxView     = 250 << 10 // bytes of a whole view

	// https://docs.slack.dev/reference/methods/chat.update: a longer text is
	// refused as msg_too_long, although chat.postMessage takes 40,000.
	maxFallback = 4000

	// The blocks of one message together: Slack refuses more than it likes as
	// msg_blocks_too_long and documents no figure; the markdown block's total
	// is the only one it gives.
	// https://docs.slack.dev/reference/block-kit/blocks/markdown-block
	maxMessage = 12000
	maxAside   = 1000 // of title, buttons and links, beyond which they count too

	// https://docs.slack.dev/apis/events-api/using-socket-mode: an
	// acknowledgement of 20 KB or more is dropped without a word.
	maxAck = 19 << 10 // bytes
)
