"""A drawn face and what two classifiers make of it, as a figure that a page fills in."""

from collections.abc import Sequence
from typing import Any

from trainability.figures.marks import first_of, mark, sentence
from trainability.figures.mosaic import picture_axes
from trainability.figures.palette import DIVERGING, IMAGE, MEASURED, WARNING
from trainability.figures.traces import axis

_ABOVE = ("inner", "outer", "squeeze", "lid", "lower")
_BELOW = ("cheek", "wrinkle", "upper", "corner", "width", "open", "lips")
_STORY = (
    "{{person}}, muscles at "
    + ", ".join(f"{{{{{name}:2}}}}" for name in (*_ABOVE, *_BELOW))
    + "; step "
    "{{step}}, rate {{lr:2}}: of the faces learned from, {{right_0:2}} of {{faces:2}} are right "
    "with true labels and {{right_1:2}} with shuffled ones; of other people's, "
    "{{others_right_0:2}} and {{others_right_1:2}} of {{people:2}}. True labels say {true}, "
    "{{lead:3}} above the mean logit; shuffled labels say {shuffled}."
)


def own_face(classes: Sequence[str]) -> dict[str, Any]:
    """Return the figure, with marks for what ``OwnFace.judge`` in ``cafe/own_face.py`` returns.

    On the left is the face; on the right, what each block of it adds to the lead of the answer
    (true labels) over the mean of all classes, red for and blue against; below are the logits.
    ``meta`` holds ``step``, ``right`` and ``others``, of true labels, ``lead``, of its answer over
    the mean of the logits, and the ``verdict``: the answer.

    Parameters
    ----------
    classes : sequence of str
        Names of the six.

    Examples
    --------
    >>> figure = own_face(["anger", "disgusted", "happy", "maudlin", "fear", "surprise"])
    >>> [trace["type"] for trace in figure["data"]]
    ['heatmap', 'heatmap', 'bar', 'bar']
    """
    answers = [(f"says_{k}", name) for k, name in enumerate(classes)]
    others = [(f"says_shuffled_{k}", name) for k, name in enumerate(classes)]

    def both(template: str) -> dict[str, Any]:
        """The sentence for each pair of answers."""

        def beside(name: str) -> dict[str, Any]:
            return first_of(
                *(
                    (key, sentence(template.format(true=name, shuffled=other)))
                    for key, other in others
                )
            )

        return first_of(*((key, beside(name)) for key, name in answers))

    bars = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "x": mark(f"logits_{k}"),
            "y": list(classes),
            "marker": {"color": color},
            "xaxis": "x3",
            "yaxis": "y3",
            "hovertemplate": "%{y}: %{x:.2f}<extra>" + name + "</extra>",
        }
        for k, (name, color) in enumerate([("true labels", MEASURED), ("shuffled labels", WARNING)])
    ]
    image = {"type": "heatmap", "showscale": False, "hoverinfo": "skip"}
    return {
        "data": [
            image
            | {"z": mark("face"), "colorscale": IMAGE, "zmin": 0, "zmax": 255, "name": "the face"},
            image
            | {"z": mark("evidence"), "colorscale": DIVERGING, "name": "for the answer"}
            | {"zmin": mark("least"), "zmax": mark("most"), "xaxis": "x2", "yaxis": "y2"},
            *bars,
        ],
        "layout": {
            "title": {"text": both("Step {{step}}: {true} (shuffled: {shuffled})")},
            "height": 600,
            "meta": {
                "summary": both(_STORY),
                "verdict": first_of(*answers),
                "step": mark("step"),
                "right": mark("right_0"),
                "others": mark("others_right_0"),
                "lead": mark("lead"),
            },
            "barmode": "group",
            **_picture("", [0, 0.48]),
            **_picture("2", [0.52, 1]),
            "xaxis3": axis("logit, less the mean of the six", anchor="y3", zeroline=True),
            "yaxis3": {
                "domain": [0, 0.34],
                "anchor": "x3",
                "autorange": "reversed",
                "fixedrange": True,
                "automargin": True,
            },
            "annotations": [
                {
                    "text": text,
                    "x": at,
                    "y": 1,
                    "xref": "paper",
                    "yref": "paper",
                    "xanchor": "center",
                    "yanchor": "bottom",
                    "showarrow": False,
                    "font": {"size": 12},
                }
                for text, at in (("your face", 0.24), ("red: speaks for it", 0.76))
            ],
        },
    }


def _picture(name: str, domain: list[float]) -> dict[str, Any]:
    axes = picture_axes(name, [0.46, 1])
    axes[f"xaxis{name}"] |= {"domain": domain}
    axes[f"yaxis{name}"] |= {"constraintoward": "top"}
    return axes
