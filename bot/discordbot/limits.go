package discordbot

// Discord's limits. Lengths are counted in code points.
const (
	// https://docs.discord.com/developers/resources/message
	maxContent    = 2000
	maxEmbeds     = 10
	maxEmbedTotal = 6000 // of all titles, descriptions, fields and feet of a message together
	maxDescr      = 4096
	maxFields     = 25
	maxFieldName  = 256
	maxFieldValue = 1024
	maxFoot       = 2048
	maxNonce      = 25
	maxAlt        = 1024 // of a file's description
	maxFileName   = 100  // ours

	// https://docs.discord.com/developers/components/reference
	maxRows        = 5
	maxPerRow      = 5
	maxCustomID    = 100
	maxButtonLabel = 80
	maxURL         = 512
	maxOptions     = 25
	maxOptionLabel = 100
	maxOptionValue = 100
	maxPlaceholder = 150

	// https://docs.discord.com/developers/interactions/receiving-and-responding
	maxModalTitle = 45
	maxModalParts = 5
	maxInput      = 4000
	maxLabel      = 45
	maxHint       = 100
	maxChoices    = 25
	maxChoiceName = 100

	// https://docs.discord.com/developers/interactions/application-commands
	maxCommandOptions = 25
	maxCommandDescr   = 100
	maxCommandTotal   = 8000 // names, descriptions and values of one command together
	maxOptionLength   = 6000

	// https://docs.discord.com/developers/resources/channel
	maxThreadName = 100
	maxTags       = 5
	autoArchive   = 10080 // minutes: a week, the longest

	// maxBody bounds what is read of one answer or request.
	maxBody = 8 << 20
)

// Kinds of channels.
// https://docs.discord.com/developers/resources/channel#channel-object-channel-types
const (
	textChannel  = 0
	newsChannel  = 5
	publicThread = 11
	forumChannel = 15
)

// Kinds of components.
// https://docs.discord.com/developers/components/reference
const (
	actionRow   = 1
	buttonPart  = 2
	selectPart  = 3
	textInput   = 4
	textDisplay = 10
	labelPart   = 18
)

// Styles of buttons and inputs.
const (
	primaryButton   = 1
	secondaryButton = 2
	dangerButton    = 4
	linkButton      = 5

	shortInput = 1
	paragraph  = 2
)

// Flags of messages.
const (
	ephemeral = 1 << 6
	silently  = 1 << 12 // suppress notifications
)

// Kinds of interactions and of first answers to them.
// https://docs.discord.com/developers/interactions/receiving-and-responding
const (
	pingAction    = 1
	commandAction = 2
	pressAction   = 3
	typingAction  = 4
	formAction    = 5

	pong          = 1
	sayNow        = 4
	sayLater      = 5
	updateLater   = 6
	updateMessage = 7
	choices       = 8
	openModal     = 9
)
