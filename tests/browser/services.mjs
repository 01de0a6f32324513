// A person visits services in a real browser; the services ask the hub who that is (OAuth).
// Called by test_services_in_a_browser.py:  node services.mjs URL NAME PASSWORD PICTURES.  Prints one JSON line per step.
import { Visitor } from './visitor.mjs';

const [url, name, password, pictures] = process.argv.slice(2);
const visitor = await Visitor.arrive(pictures);
const { context, page, complaints } = visitor;

async function expectText(selector, text) {
    await page.locator(selector).waitFor();
    const found = await page.locator(selector).innerText();
    if (!found.includes(text)) throw new Error(`${selector} says "${found}" instead of "${text}"`);
}

function expectAt(path) {
    if (!new URL(page.url()).pathname.startsWith(path)) throw new Error(`this is ${page.url()} and not below ${path}`);
}

const steps = {
    'a stranger at a service is sent to the login and then asked for consent': async () => {
        await page.goto(`${url}/services/asking/`);
        expectAt('/hub/login');
        await page.fill('input[name=username]', name);
        await page.fill('input[name=password]', password);
        await page.keyboard.press('Enter');
        await page.locator('#oauth-main').waitFor();
        expectAt('/hub/api/oauth2/authorize');
    },
    'the consent page names the service, where it leads and what is granted': async () => {
        await expectText('#oauth-main', 'JupyterHub service asking');
        await expectText('#oauth-main .address', '/services/asking/oauth_callback');
        const asked = await page.locator('#oauth-main input[name=scopes]').evaluateAll(list => list.map(input => input.value));
        for (const scope of ['read:users!user', 'access:services!service=asking'])
            if (!asked.includes(scope)) throw new Error(`${scope} is not among ${asked}`);
        if (asked.includes('admin:users')) throw new Error('more than the person has');
        await visitor.picture('consent');
        if (complaints.length) throw new Error(complaints.join('\n'));
    },
    'agreeing leads to the service, which knows the name': async () => {
        await page.locator('#oauth-main button[type=submit]').click();
        await expectText('#who', `${name} of students`);
        expectAt('/services/asking/');
        await expectText('#scopes', `read:users!user=${name}`);
    },
    'somebody who agreed is not asked again': async () => {
        const cookies = (await context.cookies()).filter(cookie => !cookie.name.startsWith('service-asking'));
        await context.clearCookies();
        await context.addCookies(cookies);
        await page.goto(`${url}/services/asking/`);
        await expectText('#who', name);
    },
    'a service that needs no consent asks nothing': async () => {
        await page.goto(`${url}/services/quiet/`);
        await expectText('#who', name);
    },
    'a service the person has no access to stays closed': async () => {
        await page.goto(`${url}/services/closed/`);
        expectAt('/hub/api/oauth2/authorize');
        if (await page.locator('#who').count()) throw new Error('it opened');
        await page.getByText('permission').first().waitFor();
    },
    'a logout at the hub ends the login at the services': async () => {
        await page.goto(`${url}/hub/logout`);
        await page.goto(`${url}/services/asking/`);
        expectAt('/hub/login');
    },
};

await visitor.walk(steps);
