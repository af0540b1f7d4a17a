"""Name the figures' colors by what they mean.

Most are Okabe and Ito's, which differ for color-blind readers. A name means the same in every
lesson, and the names of a group (roles, classes, optimizers, programs of an SVM, a series) have
colors that differ. Vermilion is a warning alone; any other hue may return in another group.
Traces without a color of their own take the theme's, which differ by day and night.
"""

# What is drawn.
MEASURED = "#0072b2"
PREDICTED = "#007a5a"  # by theory, before or beside the measurement
HERE = "#b05fa0"  # the reader's place
WARNING = "#d55e00"  # a network that fails
HIDDEN_UNIT = "#8a2be2"

# What is not looked at first.
REFERENCE = "#808080"  # thresholds, chance, optima, level lines
MUTED = "#bbbbbb"  # what was there before
INK = "#000000"  # outlines, and text on a colored ground
PAPER = "rgba(255,255,255,0.7)"  # below text on a colored ground

# The two classes of a classifier, and its output between them.
CLASSES = {1: "#0072b2", -1: "#e69f00"}
OUTPUT = [[0, "#f5d9a8"], [0.5, "#ffffff"], [1, "#a9cfe8"]]

OPTIMIZERS = {
    "SGD": "#808080",
    "SGD, linear scaling": "#808080",
    "Adam": "#e69f00",
    "Muon": "#009e73",
    "LAMB": "#0072b2",
    "LARS": "#cc79a7",
}

# The two programs of an SVM with a bias, and what logistic regression makes of the same data.
BIASES = {"penalized bias": "#009e73", "free bias": "#9467bd", "logistic descent": "#cc79a7"}

# Lines that have an order and no meaning of their own.
SERIES = ("#808080", "#e69f00", "#009e73", "#0072b2", "#cc79a7", "#6f4e9c")

# How deep theory lets networks train; bright, on the dark ground of Viridis.
SIGNAL_REACH, GRADIENT_REACH = "#ff5ad0", "#e8003d"

# Blue is low and red is high, in every front end: plotly.js and plotly.py disagree on "RdBu".
DIVERGING = [[0, "#2166ac"], [0.25, "#92c5de"], [0.5, "#f7f7f7"], [0.75, "#f4a582"], [1, "#b2182b"]]
LOSS = [[0, "#9a9a9a"], [1, "#f7f7f7"]]
IMAGE = [[0, "#000000"], [1, "#ffffff"]]
COUNTS = [[0, "#f7fbff"], [0.5, "#6baed6"], [1, "#08306b"]]

# What becomes of a start: it arrives, jumps to and fro, moves on; bright, below dark lines.
FATES = ("#c6dbef", "#fdd0a2", "#d9d9d9")
# What constraints allow.
ALLOWED = "rgba(128,128,128,0.18)"

# A remedy that does not help, helps, heals; then the same for the cell that is marked.
MERIT = ("#f4a582", "#f7f7f7", "#92c5de", "#d6604d", "#bababa", "#4393c3")
