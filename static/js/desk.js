// What the pages of the staff do beyond htmx. Everything works without it.
"use strict";
