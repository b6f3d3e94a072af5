/* Joins the payment page with the payment provider's script: shows the provider's form, sends the
   customer on when it was filled in, and says what went wrong. */

(() => {
  "use strict";

  const form = document.getElementById("payment");
  const problem = document.getElementById("payment-problem");
  const button = form.querySelector("button");
  const label = button.textContent;

  const fail = () => {
    form.hidden = true;
    document.getElementById("payment-missing").hidden = false;
  };

  const wait = (isBusy) => {
    button.disabled = isBusy;
    button.textContent = isBusy ? button.dataset.busy : label;
  };

  const tell = (text) => {
    problem.textContent = text || problem.dataset.generic;
    problem.hidden = false;
    problem.focus();
  };

  if (!window.Stripe) {
    fail();
    return;
  }

  const style = getComputedStyle(document.documentElement);
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const stripe = window.Stripe(form.dataset.key);
  const elements = stripe.elements({
    clientSecret: form.dataset.secret,
    locale: document.documentElement.lang,
    appearance: {
      theme: isDark ? "night" : "stripe",
      variables: { fontFamily: style.getPropertyValue("--font-ui").trim() || "system-ui" },
    },
  });
  const element = elements.create("payment");
  element.on("ready", () => wait(false));
  element.on("loaderror", fail);
  form.hidden = false;
  document.getElementById("payment-element").replaceChildren();
  element.mount("#payment-element");

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return; // one payment, however often it is pressed
    problem.hidden = true;
    wait(true);
    const back = new URL(form.dataset.return, location.href).href;
    try {
      const { error } = await stripe.confirmPayment({
        elements,
        confirmParams: { return_url: back },
      });
      if (error) tell(error.message); // otherwise the browser is on its way
    } catch {
      tell("");
    }
    wait(false);
  });
})();
