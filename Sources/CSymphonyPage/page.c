// Files of the page, put into the program by the compiler: one binary, no resource beside it, and the
// files stay what editors and browsers know.
#include "CSymphonyPage.h"

static const unsigned char html[] = {
#embed "page.html"
};
static const unsigned char css[] = {
#embed "page.css"
};
// One script of several parts, so that each has a page of its own for its readers.
static const unsigned char js[] = {
#embed "words.js"
    ,
#embed "server.js"
    ,
#embed "list.js"
    ,
#embed "picture.js"
    ,
#embed "issue.js"
    ,
#embed "page.js"
};
const size_t sy_page_html_length = sizeof html, sy_page_css_length = sizeof css,
             sy_page_js_length = sizeof js;

const unsigned char *sy_page_html_bytes(void) { return html; }
const unsigned char *sy_page_css_bytes(void) { return css; }
const unsigned char *sy_page_js_bytes(void) { return js; }
