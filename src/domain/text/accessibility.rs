//! What holds for people who use a keyboard, a screen reader, large text.

use super::Text;

pub const TITLE: Text = Text("Accessibility", "Доступность");
pub const LEAD: Text = Text(
    "Everybody should be able to use these pages. If you cannot, the fault is ours.",
    "Эти страницы должны быть удобны каждому. Если у вас что-то не получается, это наша недоработка.",
);
pub const WAYS_TITLE: Text = Text("What works", "Что работает");
pub const WAYS: [Text; 5] = [
    Text(
        "The keyboard alone, in the order of the page, and you always see where you are.",
        "Всё можно сделать только с клавиатуры, по порядку страницы; всегда видно, где вы находитесь.",
    ),
    Text(
        "A screen reader: every field has a name, and problems are read out with it.",
        "Программа экранного доступа: у каждого поля есть название, ошибки зачитываются вместе с ним.",
    ),
    Text(
        "Text at twice its size, and screens of 320 pixels, without scrolling sideways.",
        "Текст вдвое крупнее и экраны шириной 320 пикселей без прокрутки вбок.",
    ),
    Text(
        "Light or dark colours, colours of your own, and less motion.",
        "Светлые, тёмные или собственные цвета и меньше движения.",
    ),
    Text(
        "No JavaScript at all. A link for a new password works for 30 minutes; nothing else hurries you.",
        "Работа совсем без JavaScript. Ссылка для нового пароля действует 30 минут, больше ничто вас не торопит.",
    ),
];
pub const STANDARD_TITLE: Text = Text("How we know", "Как мы это проверяем");
pub const STANDARD: Text = Text(
    "The pages are made to meet WCAG 2.2 at level AA. Every screen in each of its states is checked by a program (axe) in both languages and on small screens, and the usual tasks are tested with the keyboard alone and without JavaScript. Nobody independent has audited them.",
    "Страницы сделаны по WCAG 2.2, уровень AA. Каждый экран в каждом своём состоянии проверяется программой (axe) на обоих языках и на маленьких экранах, а основные сценарии проходят в тестах только с клавиатуры и без JavaScript. Независимой проверки не было.",
);
pub const HELP_TITLE: Text = Text("Something is in your way", "Если что-то мешает");
pub const HELP: Text = Text(
    "Please tell whoever runs this site what you wanted to do and what happened. They may be able to help meanwhile.",
    "Расскажите тем, кто ведёт этот сайт, что вы хотели сделать и что произошло. Возможно, они помогут вам уже сейчас.",
);
